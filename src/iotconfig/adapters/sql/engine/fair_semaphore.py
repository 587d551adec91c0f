"""A fair limit: first come, first served.

A place that is given back goes to whoever has waited longest, by name. Were it laid
down to be taken, as in a `queue.SimpleQueue`, who gave it back would often take it again
before the other ran: of 256 clients some then waited for as long as the load lasted.

Some places are kept for devices. Other work is passed over while it has all of those that
it may have; it keeps its turn, so devices that never cease do not shut it out.
"""

from __future__ import annotations

from collections import deque
from itertools import count as count_up
from threading import Lock
from typing import Final

_WAITING: Final = "waiting"
_HAS_PLACE: Final = "has a place"
_GONE: Final = "gone"


class _Waiter:
    """One that waits, until the lock that it holds is released."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = _WAITING
        self.bell = Lock()
        self.bell.acquire()


def reserved_for_devices(count: int) -> int:
    """A quarter of the places, at least one; none where there is only one, which other work needs too."""
    return min(max(count // 4, 1), count - 1)


class FairSemaphore:
    """So many places, to be taken for a while. For threads, and for greenlets where gevent has patched."""

    def __init__(self, count: int, kept: int = 0) -> None:
        """`kept`: places that only devices are given."""
        self._free = count
        self._others_free = count - kept
        """Places that other work may still be given."""
        self._numbers = count_up()
        self._devices: deque[_Waiter] = deque()
        self._waiters: deque[_Waiter] = deque()
        self._lock = Lock()

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        with self._lock:
            return sum(waiter.state is _WAITING for waiter in (*self._devices, *self._waiters))

    def acquire(self, seconds: float, *, for_device: bool = False) -> bool:
        """Take a place; False where none was given within `seconds`."""
        with self._lock:
            if self._free and (for_device or self._others_free):
                self._hand_over(for_device=for_device)
                return True
            waiter = _Waiter(next(self._numbers))
            (self._devices if for_device else self._waiters).append(waiter)
        try:
            # Negative would be: for ever.
            waiter.bell.acquire(timeout=max(seconds, 0))
        except BaseException:
            if self._leave(waiter):
                self.release(for_device=for_device)
            raise
        return self._leave(waiter)

    def release(self, *, for_device: bool = False) -> None:
        """Give a place to the one that has waited longest of those that may have it, or back."""
        with self._lock:
            self._free += 1
            if not for_device:
                self._others_free += 1
            self._serve()

    def _hand_over(self, *, for_device: bool) -> None:
        self._free -= 1
        if not for_device:
            self._others_free -= 1

    def _serve(self) -> None:
        """Give what is free to those that wait."""
        while self._free:
            queue = self._next_queue()
            if queue is None:
                return
            waiter = queue.popleft()
            if waiter.state is _WAITING:
                self._hand_over(for_device=queue is self._devices)
                waiter.state = _HAS_PLACE
                waiter.bell.release()

    def _next_queue(self) -> deque[_Waiter] | None:
        """The queue whose first has waited longest; that of other work only while it may have a place."""
        devices, others = self._devices, self._waiters if self._others_free else None
        if devices and (not others or devices[0].number < others[0].number):
            return devices
        return others or None

    def _leave(self, waiter: _Waiter) -> bool:
        """Wait no longer; whether a place was given meanwhile, be it in the last moment."""
        with self._lock:
            if waiter.state is _HAS_PLACE:
                return True
            waiter.state = _GONE
            return False
