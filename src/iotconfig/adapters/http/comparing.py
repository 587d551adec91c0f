"""Compares documents; large ones beside the serving thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.offload import Offload

T = TypeVar("T")

_EFFORT: Final = 6
"""Comparing takes at most this many times as long as reading the documents."""


def compared(comparing: Offload, work: Callable[[], T], *contents: ConfigContent | None) -> T:
    """Run `work`, which compares these documents (None: an absent one), and return its result."""
    size = sum(len(content.text) for content in contents if content)
    return comparing(work, size * _EFFORT)
