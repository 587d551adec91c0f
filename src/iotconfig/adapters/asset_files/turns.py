"""Turns for the worker's other requests, in the middle of work that waits for nothing."""

from __future__ import annotations

from time import sleep
from typing import Final

BETWEEN_TURNS: Final = 1024 * 1024
"""Bytes that may be read, written or hashed in one go: a few milliseconds."""

_INSTANT: Final = 1e-6


def give_turn() -> None:
    """Let others go on who can.

    Not with `sleep(0)`: gevent looks at sockets once in fifty of those, and other
    requests waited for 700 ms beside an upload of 64 MB (measured).
    """
    sleep(_INSTANT)
