"""Many callers at the same time, and how long the typical of a few calls takes."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import monotonic
from typing import TypeVar

from iotconfig.testing.simultaneous import together

__all__ = ["seconds_of", "together", "typical"]

T = TypeVar("T")


def seconds_of(work: Callable[[], T]) -> tuple[float, T]:
    """How long `work` took, and what came of it."""
    began = monotonic()
    result = work()
    return monotonic() - began, result


def typical(work: Callable[[], object], times: int = 15) -> float:
    """The median of some runs, in seconds."""
    return median(seconds_of(work)[0] for _ in range(times))
