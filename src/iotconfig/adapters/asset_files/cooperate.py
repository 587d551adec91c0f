"""Turns for a worker's other requests during work that never waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

YieldTurn = Callable[[], None]
"""Lets other greenlets run."""

BETWEEN_TURNS: Final = 1024 * 1024
"""Bytes to read, write or hash between two turns: a few milliseconds of work."""


def no_turn() -> None:
    """`YieldTurn` for programs without other requests: do nothing."""
