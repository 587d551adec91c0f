"""Where lines go: a descriptor that may be a pipe which nobody reads.

A blocking write to a full pipe would stop a worker with all its requests, for as
long as nobody reads. So what does not fit waits in memory, up to a bound, and
what is beyond it is dropped and counted.
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
from threading import RLock, Thread
from typing import Final

_WAITING: Final = 512 * 1024
"""Bytes that may wait for a reader."""

_RETRY: Final = 0.05


class Output:
    """Writes whole lines to a descriptor, and waits for nobody."""

    def __init__(self, descriptor: int) -> None:
        self._write, self.close = _writer(descriptor)
        # Never held over a switch of greenlets. Re-entrant: a signal's handler may log, too.
        self._lock = RLock()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0
        self._owner = 0

    def write(self, line: bytes) -> None:
        """Write a line, which ends in a line break; where there is no room, soon or never."""
        with self._lock:
            if not self._waiting:
                line = self._rest(line)
                if not line:
                    return
            elif self._owner != os.getpid():
                # Left over from before a fork, and the parent's to write.
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
        """Write what waits, as far as there is room; False where some is left."""
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
            logging.getLogger(__name__).warning("%d lines of the log were dropped: nobody read them", dropped)
        return True

    def _drain(self) -> None:
        while not self.flush():
            # Looked up now: gevent patches the module after this one was imported.
            time.sleep(_RETRY)

    def _rest(self, line: bytes) -> bytes:
        """What could not be written of a line."""
        try:
            return line[self._write(line) :]
        except BlockingIOError:
            return line
        except OSError:
            # Nobody will read it any more, or the disk is full; there is no other place to say so.
            return b""


def _writer(descriptor: int) -> tuple[Callable[[bytes], int], Callable[[], None]]:
    """What writes some of a line, and says how much, or raises `BlockingIOError`; and what lets go of the place.

    The descriptor itself stays as it is: other processes share it, and expect it to block.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode):
        # The journal of systemd.
        connection = _socket.socket(fileno=os.dup(descriptor))
        return lambda line: connection.send(line, _socket.MSG_DONTWAIT), connection.close
    if stat.S_ISFIFO(mode) or os.isatty(descriptor):
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        with suppress(OSError):
            own = os.open(f"/proc/self/fd/{descriptor}", flags)
            return lambda line: os.write(own, line), lambda: os.close(own)
    return lambda line: os.write(descriptor, line), lambda: None
