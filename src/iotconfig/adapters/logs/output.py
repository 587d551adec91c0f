"""Output of lines to a descriptor, which may be a pipe without a reader.

A blocking write to a full pipe would stop a worker with all its requests. So lines that do not fit
wait in memory, up to a bound; beyond it they are dropped and counted.
"""

from __future__ import annotations

import _socket  # gevent replaces the class in `socket`, and its one makes the shared descriptor non-blocking
import logging
import os
import stat
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import RLock, Thread
from typing import Final

_WAITING: Final = 512 * 1024
"""The most bytes that wait in memory."""

_RETRY: Final = 0.05


class Output:
    """Writes whole lines to a descriptor without blocking."""

    def __init__(self, descriptor: int) -> None:
        self._write, self.close = _writer(descriptor)
        # Not held across a switch of greenlets. Re-entrant, because a signal handler may log.
        self._lock = RLock()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0
        self._owner = 0

    def write(self, line: bytes) -> None:
        """Write a line, which ends in a line break. On a full pipe it waits in memory, or is dropped."""
        with self._lock:
            if not self._waiting:
                line = self._rest(line)
                if not line:
                    return
            elif self._owner != os.getpid():
                # Left from before a fork: the parent writes them.
                self._waiting.clear()
                self._size = 0
            if self._size + len(line) > _WAITING:
                self._dropped += 1
                return
            self._waiting.append(line)
            self._size += len(line)
            if len(self._waiting) > 1:
                return
            self._owner = os.getpid()
        Thread(target=self._drain, name="log-output", daemon=True).start()

    def flush(self) -> bool:
        """Write the waiting lines. Returns False where some are left."""
        with self._lock:
            while self._waiting:
                line = self._waiting.popleft()
                rest = self._rest(line)
                self._size -= len(line) - len(rest)
                if rest:
                    self._waiting.appendleft(rest)
                    return False
            dropped, self._dropped = self._dropped, 0
        if dropped:
            logging.getLogger(__name__).warning(
                "%d lines of the log were dropped: they were not read in time", dropped
            )
        return True

    def _drain(self) -> None:
        while not self.flush():
            # By attribute: gevent patches the module after this one was imported.
            time.sleep(_RETRY)

    def _rest(self, line: bytes) -> bytes:
        """Write a line. Returns the part that could not be written."""
        try:
            return line[self._write(line) :]
        except BlockingIOError:
            return line
        except OSError:
            # The reader is gone, or the disk is full; there is no other place to report it.
            return b""


def _writer(descriptor: int) -> tuple[Callable[[bytes], int], Callable[[], None]]:
    """Return a non-blocking write function for the descriptor, and a function that closes what it uses.

    The descriptor itself is not changed: other processes share it, and expect it to block.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode):
        # systemd's journal.
        connection = _socket.socket(fileno=os.dup(descriptor))
        return lambda line: connection.send(line, _socket.MSG_DONTWAIT), connection.close
    if stat.S_ISFIFO(mode) or os.isatty(descriptor):
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        with suppress(OSError):
            own = os.open(f"/proc/self/fd/{descriptor}", flags)
            return partial(os.write, own), partial(os.close, own)
    return partial(os.write, descriptor), lambda: None
