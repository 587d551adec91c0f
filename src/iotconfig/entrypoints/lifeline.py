"""A pipe between a supervisor and its processes: when it breaks, they end.

Signals and `waitpid` tell a parent of its children's end; nothing portable tells
a child of its parent's. A pipe does: the kernel closes the parent's end with it.
"""

from __future__ import annotations

import os
import signal
from threading import Thread


def follow(descriptor: int) -> None:
    """Ask this process to end (SIGTERM) when the other end of the pipe is gone."""
    Thread(target=_wait, args=(descriptor,), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
