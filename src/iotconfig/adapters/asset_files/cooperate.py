"""Turns for the worker's other requests, in the middle of work that waits for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

YieldTurn = Callable[[], None]
"""Lets others go on who can."""

BETWEEN_TURNS: Final = 1024 * 1024
"""Bytes that may be read, written or hashed in one go: a few milliseconds."""


def no_pause() -> None:
    """Nobody waits."""
