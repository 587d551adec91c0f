"""A clock that stands still until it is moved, for tests with times near the real one and without waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class StandingClock:
    """Returns the time of its creation, plus the shifts."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self._now

    def shift(self, **time: float) -> None:
        """Move the clock by `seconds`, `minutes` or `hours`; negative values move it back."""
        self._now += timedelta(**time)
