"""A fair limit: first come, first served.

A place that is given back goes to whoever has waited longest, by name. Were it laid
down to be taken, as in a `queue.SimpleQueue`, who gave it back would often take it again
before the other ran: of 256 clients some then waited for as long as the load lasted.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

_WAITING: Final = "waiting"
_HAS_PLACE: Final = "has a place"
_GONE: Final = "gone"


class _Waiter:
    """One that waits, until the lock that it holds is released."""

    def __init__(self) -> None:
        self.state = _WAITING
        self.bell = Lock()
        self.bell.acquire()


class Places:
    """So many places, to be taken for a while. For threads, and for greenlets where gevent has patched."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiters: deque[_Waiter] = deque()
        self._lock = Lock()

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return self._free

    def take(self, seconds: float) -> bool:
        """Take a place; False where none was given within `seconds`."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            waiter = _Waiter()
            self._waiters.append(waiter)
        try:
            # Negative would be: for ever.
            waiter.bell.acquire(timeout=max(seconds, 0))
        except BaseException:
            if self._leave(waiter):
                self.give_back()
            raise
        return self._leave(waiter)

    def give_back(self) -> None:
        """Give a place to the one that has waited longest, or back."""
        with self._lock:
            while self._waiters:
                waiter = self._waiters.popleft()
                if waiter.state is _WAITING:
                    waiter.state = _HAS_PLACE
                    waiter.bell.release()
                    return
            self._free += 1

    def _leave(self, waiter: _Waiter) -> bool:
        """Wait no longer; whether a place was given meanwhile, be it in the last moment."""
        with self._lock:
            if waiter.state is _HAS_PLACE:
                return True
            waiter.state = _GONE
            return False
