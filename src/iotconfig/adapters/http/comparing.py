"""Where documents are compared: beside the serving thread, unless they are small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.offload import Offload

T = TypeVar("T")

_EFFORT: Final = 6
"""Comparing takes as long as reading a document that is so many times as long, at most."""


def compared(comparing: Offload, work: Callable[[], T], *contents: ConfigContent | None) -> T:
    """What `work` returns, which compares these documents; None stands for one that is not there."""
    size = sum(len(content.text) for content in contents if content)
    return comparing(work, size * _EFFORT)
