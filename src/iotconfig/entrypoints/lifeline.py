"""A pipe between a supervisor and its processes: when it breaks, they end.

Signals and `waitpid` tell a parent of its children's end; nothing portable tells
a child of its parent's. A pipe does: the kernel closes the parent's end with it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Thread


def _ask_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def follow(descriptor: int, on_end: Callable[[], None] = _ask_to_end) -> None:
    """When the other end of the pipe, or socket, is gone, ask this process to end (SIGTERM), or call `on_end`."""
    Thread(target=_wait, args=(descriptor, on_end), name="lifeline", daemon=True).start()


def _wait(descriptor: int, on_end: Callable[[], None]) -> None:
    try:
        while os.read(descriptor, 1):
            pass
    except OSError:
        # A socket whose other end was closed on what it had not read yet.
        pass
    on_end()
