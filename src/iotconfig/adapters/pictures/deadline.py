"""A bound in time, for work that has no bound of its own."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

_TURN: Final = 0.01
"""Seconds of work, at most, between two turns for others."""


class TimeIsUp(Exception):
    """The deadline has passed."""


class Deadline:
    """A moment by which work has to be done. Whoever works long asks for it often."""

    def __init__(
        self, seconds: float, pause: Callable[[], None], clock: Callable[[], float] = monotonic
    ) -> None:
        """`pause` gives others their turn, where requests share a thread."""
        self._pause = pause
        self._clock = clock
        self._paused = clock()
        self._until = self._paused + seconds

    def left(self) -> float:
        """Seconds that are left. Raises `TimeIsUp` where none are."""
        left = self._until - self._clock()
        if left <= 0:
            raise TimeIsUp
        return left

    def breathe(self) -> None:
        """Give others their turn, where they had none for a while. Raises `TimeIsUp`."""
        self.left()
        if self._clock() - self._paused >= _TURN:
            self._pause()
            self._paused = self._clock()
