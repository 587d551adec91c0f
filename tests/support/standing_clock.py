"""A clock that stands still until it is moved: for what is to be near the real time, and waits for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class StandingClock:
    """Tells when it was made, more or less what it was moved by since."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self._now

    def shift(self, **time: float) -> None:
        """Move by so many `seconds`, `minutes`, `hours`; back where it is negative."""
        self._now += timedelta(**time)
