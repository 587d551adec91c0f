"""A bound on calls that no server-side time-out can end.

`statement_timeout` fires in the server; when the link to it swallows
everything, the client waits for as long as TCP does. Shutting the socket down
wakes the wait, in a thread and in a greenlet alike.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

log = logging.getLogger(__name__)

_GRANULARITY: Final = 0.25
"""Seconds between two looks at what is under way."""


class Watchdog:
    """Shuts down the sockets of calls that overrun their time."""

    def __init__(self) -> None:
        self._deadlines: dict[int, float] = {}
        # Held while a socket is cut, so that a call cannot end in between, give its
        # descriptor's number back, and have another's socket cut in its place.
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def watch(self, descriptor: int, seconds: float) -> None:
        """Cut the socket `descriptor` unless it is released within `seconds`; the latest call counts."""
        self._ensure_running()
        with self._lock:
            self._deadlines[descriptor] = monotonic() + seconds

    def release(self, descriptor: int) -> None:
        """Watch the socket no longer."""
        with self._lock:
            self._deadlines.pop(descriptor, None)

    @contextmanager
    def guard(self, descriptor: int, seconds: float) -> Iterator[None]:
        """Watch the socket for as long as the block runs."""
        self.watch(descriptor, seconds)
        try:
            yield
        finally:
            self.release(descriptor)

    def close(self) -> None:
        """Stop watching, and wait for the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _ensure_running(self) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = Thread(target=self._watch, name="database-watchdog", daemon=True)
                    self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(_GRANULARITY):
            now = monotonic()
            with self._lock:
                overdue = [fd for fd, deadline in self._deadlines.items() if deadline <= now]
                for descriptor in overdue:
                    del self._deadlines[descriptor]
                    _shut_down(descriptor)


def _shut_down(descriptor: int) -> None:
    log.warning("the database did not answer in time: cutting the connection")
    try:
        with socket.socket(fileno=os.dup(descriptor)) as link:
            link.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        log.warning("the connection was gone already: %s", error)
