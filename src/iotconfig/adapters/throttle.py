"""A throttle of failed sign-ins, or of other attempts, in the memory of one process."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil
from threading import Lock
from time import monotonic
from typing import Final

from attrs import field, frozen

_WINDOW: Final = 60.0
_SOURCES: Final = 10_000
"""The most sources that are kept. Beyond this, the oldest is evicted."""


@frozen
class MemoryThrottle:
    """`Throttle` by a sliding window of a minute, in constant time per call."""

    _per_minute: int
    _clock: Callable[[], float] = monotonic
    """Seconds."""
    _failed_at: OrderedDict[str, deque[float]] = field(init=False, factory=OrderedDict, repr=False)
    """The times of each source's latest failures, ordered by the latest failure."""
    _lock: Lock = field(init=False, factory=Lock, repr=False)

    def seconds_left(self, source: str) -> int:
        with self._lock:
            return self._left(self._failed_at.get(source, deque()))

    def seconds_to_wait(self, source: str) -> int:
        with self._lock:
            times = self._failed_at.setdefault(source, deque(maxlen=self._per_minute))
            self._failed_at.move_to_end(source)
            if len(self._failed_at) > _SOURCES:
                self._failed_at.popitem(last=False)
            left = self._left(times)
            if not left:
                times.append(self._clock())
            return left

    def _left(self, times: deque[float]) -> int:
        """Return the whole seconds until another failure is allowed; 0 for now."""
        if len(times) < self._per_minute:
            return 0
        return max(0, ceil(times[0] + _WINDOW - self._clock()))
