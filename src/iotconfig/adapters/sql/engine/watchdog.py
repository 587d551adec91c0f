"""A bound for calls that a server-side time-out cannot end.

`statement_timeout` fires in the server; through a dead link the client does not learn of it, and waits
until TCP gives up. Shutting the socket down ends the wait, in a thread and in a greenlet.
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
"""Seconds between two checks of the deadlines."""


class Watchdog:
    """Shuts down the sockets of calls that exceed their deadlines."""

    def __init__(self) -> None:
        self._deadlines: dict[int, float] = {}
        # Held while a socket is shut down: otherwise the call could end in between, and its descriptor's
        # number could already belong to another socket.
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def watch(self, descriptor: int, seconds: float) -> None:
        """Shut the socket `descriptor` down unless it is released within `seconds`. A later call replaces the deadline."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="database-watchdog", daemon=True)
                self._thread.start()
            self._deadlines[descriptor] = monotonic() + seconds

    def release(self, descriptor: int) -> None:
        """Stop watching the socket."""
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
