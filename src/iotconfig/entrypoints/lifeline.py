"""A pipe between a supervisor and its processes: when it closes, they end.

A parent learns of its children's end by SIGCHLD and `waitpid`. For a child there is no portable
counterpart, but a pipe works: the kernel closes the parent's end when the parent ends.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Thread


def _ask_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def follow(descriptor: int, on_end: Callable[[], None] = _ask_to_end) -> None:
    """Start a thread that calls `on_end` when the other end of the pipe or socket closes; by default SIGTERM to this process."""
    Thread(target=_wait, args=(descriptor, on_end), name="lifeline", daemon=True).start()


def _wait(descriptor: int, on_end: Callable[[], None]) -> None:
    try:
        while os.read(descriptor, 1):
            pass
    except OSError:
        # A socket whose other end was closed with unread data.
        pass
    on_end()
