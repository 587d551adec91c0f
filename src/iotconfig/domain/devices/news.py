"""News of devices: what was stored of them since a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")


@frozen
class DeviceNews(Generic[T]):
    """Devices whose stored state has changed since an earlier call."""

    mark: int
    """For the next call."""
    devices: Sequence[T] = ()
    """As they are now, each once."""
    are_too_many: bool = False
    """Whether more have changed than were asked for: then none is listed."""
