"""Many callers at the same time, and how long the typical of a few calls takes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Barrier
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


def together(count: int, work: Callable[[int], T]) -> list[T]:
    """Run `work(0)` to `work(count - 1)` in threads that start at one moment; their results, in order."""
    start = Barrier(count)

    def one(number: int) -> T:
        start.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def seconds_of(work: Callable[[], T]) -> tuple[float, T]:
    """How long `work` took, and what came of it."""
    began = monotonic()
    result = work()
    return monotonic() - began, result


def typical(work: Callable[[], object], times: int = 15) -> float:
    """The median of some runs, in seconds."""
    return median(seconds_of(work)[0] for _ in range(times))
