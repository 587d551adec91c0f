"""Concurrent callers, and the typical duration of a few calls."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import monotonic
from typing import TypeVar

from iotconfig.testing.simultaneous import together

__all__ = ["seconds_of", "together", "typical"]

T = TypeVar("T")


def seconds_of(work: Callable[[], T]) -> tuple[float, T]:
    """Return the duration of `work`, and its result."""
    began = monotonic()
    result = work()
    return monotonic() - began, result


def typical(work: Callable[[], object], times: int = 15) -> float:
    """Return the median of some durations, in seconds."""
    return median(seconds_of(work)[0] for _ in range(times))
