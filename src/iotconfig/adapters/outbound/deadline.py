"""A deadline for a whole task, and turns for other greenlets while it runs."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from .errors import DeadlineExceeded

_TURN: Final = 0.01
"""Seconds of work, at most, between two turns for other greenlets."""


def _no_turn() -> None:
    """Do not yield: the task has its own thread."""


class Deadline:
    """The moment by which a task must end. The task checks it often."""

    def __init__(
        self,
        seconds: float,
        yield_turn: Callable[[], None] = _no_turn,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`yield_turn`: lets other greenlets run, where requests share a thread."""
        self._yield_turn = yield_turn
        self._clock = clock
        self._yielded_at = clock()
        self._until = self._yielded_at + seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises `DeadlineExceeded` where there are none."""
        left = self._until - self._clock()
        if left <= 0:
            raise DeadlineExceeded
        return left

    def check(self) -> None:
        """Raise `DeadlineExceeded` after the deadline; let other greenlets run if the last turn was a while ago."""
        self.left()
        if self._clock() - self._yielded_at >= _TURN:
            self._yield_turn()
            self._yielded_at = self._clock()
