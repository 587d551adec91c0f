"""Failed sign-ins, counted for each source in the memory of this process."""

from __future__ import annotations

from math import ceil
from time import time

from attrs import field, frozen
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


@frozen
class MemoryThrottle:
    """`Throttle` by a moving window of a minute."""

    _failures_per_minute: int
    _limiter: MovingWindowRateLimiter = field(
        init=False, factory=lambda: MovingWindowRateLimiter(MemoryStorage()), repr=False
    )

    def seconds_to_wait(self, source: str) -> int:
        allowed = RateLimitItemPerMinute(self._failures_per_minute)
        if self._limiter.hit(allowed, source):
            return 0
        return max(1, ceil(self._limiter.get_window_stats(allowed, source).reset_time - time()))
