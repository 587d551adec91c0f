"""A fair semaphore: first come, first served.

A released permit is handed to the longest waiter directly. With a shared queue, as in
`queue.SimpleQueue`, the releaser often acquires it again before the waiter runs: of 256
clients, some then waited for as long as the load lasted.

Some permits are reserved for devices. Other work is skipped while it has all permits that it
may have, and keeps its position, so that a steady stream of devices does not starve it.
"""

from __future__ import annotations

from collections import deque
from itertools import count as count_up
from threading import Lock
from typing import Final

_WAITING: Final = "waiting"
_ADMITTED: Final = "admitted"
_GONE: Final = "gone"


class _Waiter:
    """One waiter, which blocks on a lock until a permit is handed to it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = _WAITING
        self.admitted = Lock()
        self.admitted.acquire()


def reserved_for_devices(count: int) -> int:
    """Return a quarter of the permits, at least one; 0 where there is only one, since other work needs it, too."""
    return min(max(count // 4, 1), count - 1)


class FairSemaphore:
    """A counting semaphore with reserved permits, for threads, and for greenlets in a process that gevent patched."""

    def __init__(self, count: int, kept: int = 0) -> None:
        """`kept`: permits that are reserved for devices."""
        self._free = count
        self._others_free = count - kept
        """Permits that other work may still acquire."""
        self._numbers = count_up()
        self._devices: deque[_Waiter] = deque()
        self._waiters: deque[_Waiter] = deque()
        self._lock = Lock()

    @property
    def free(self) -> int:
        """The permits that are free."""
        return self._free

    @property
    def waiting(self) -> int:
        """The number of waiters."""
        with self._lock:
            return sum(waiter.state is _WAITING for waiter in (*self._devices, *self._waiters))

    def acquire(self, seconds: float, *, for_device: bool = False) -> bool:
        """Acquire a permit. Returns False where none was available within `seconds`."""
        with self._lock:
            if self._free and (for_device or self._others_free):
                self._free -= 1
                self._others_free -= not for_device
                return True
            waiter = _Waiter(next(self._numbers))
            (self._devices if for_device else self._waiters).append(waiter)
        try:
            # A negative timeout would mean no timeout.
            waiter.admitted.acquire(timeout=max(seconds, 0))
        except BaseException:
            if self._leave(waiter):
                self.release(for_device=for_device)
            raise
        return self._leave(waiter)

    def release(self, *, for_device: bool = False) -> None:
        """Release a permit: hand it to the longest waiter that may have it, if there is one."""
        with self._lock:
            self._free += 1
            self._others_free += not for_device
            if self._devices or self._waiters:
                self._serve()

    def _serve(self) -> None:
        """Hand free permits to waiters."""
        while self._free:
            queue = self._next_queue()
            if queue is None:
                return
            waiter = queue.popleft()
            if waiter.state is _WAITING:
                self._free -= 1
                self._others_free -= queue is self._waiters
                waiter.state = _ADMITTED
                waiter.admitted.release()

    def _next_queue(self) -> deque[_Waiter] | None:
        """Return the queue whose head has waited longest; that of other work only while it may have a permit."""
        devices, others = self._devices, self._waiters if self._others_free else None
        if devices and (not others or devices[0].number < others[0].number):
            return devices
        return others or None

    def _leave(self, waiter: _Waiter) -> bool:
        """Stop waiting. Returns whether a permit was handed over, possibly at the last moment."""
        with self._lock:
            if waiter.state is _ADMITTED:
                return True
            waiter.state = _GONE
            return False
