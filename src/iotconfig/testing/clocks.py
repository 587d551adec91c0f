"""A clock with known readings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class SteppingClock:
    """Starts at `START`, and moves by a microsecond at each reading."""

    def __init__(self) -> None:
        self._next = START

    def __call__(self) -> datetime:
        now = self._next
        self._next += timedelta(microseconds=1)
        return now

    def go_to(self, moment: datetime) -> None:
        """Make `moment` the next reading."""
        self._next = moment


def step(number: int) -> datetime:
    """The clock's reading with this number, from 0."""
    return START + timedelta(microseconds=number)
