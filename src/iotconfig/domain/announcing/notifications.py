"""Pending notifications: state, not a log.

Each subject (a device, or an uploaded asset) has at most one pending
notification, which says what is to be told now. Ten thousand edits of one device
while the broker is away leave one notification behind, the newest.

The database is the truth and a notification a hint; but the hint is written in
the transaction of its change, so no fault loses it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

from .announcement import Announcement

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Due whatever the clock says: the clocks of who announces and who relays may differ."""


@frozen
class Notification:
    """An announcement that is pending."""

    announcement: Announcement
    generation: int
    """Another at each announcement of the subject, and never the same twice: what was
    published is removed only where this is still the number it was read with."""
    since: datetime
    """When it was first due."""
    due_at: datetime
    """When it may be published (next); `AT_ONCE` unless it is paced, or was refused."""
    refusals: int = 0
    """How often in a row the broker refused it."""
    parked: bool = False
    """Refused too often: it waits for an operator, or for the subject's next change."""
    last_error: str | None = None
    """What the broker said at the last refusal."""


MOST_COUNTED: Final = 10_000
"""Notifications of a kind that are counted: each call would otherwise count all that a long outage left."""


@frozen
class Backlog:
    """How much is pending."""

    pending: int
    """Notifications that wait for a broker."""
    parked: int
    """Notifications that wait for an operator."""
    oldest: datetime | None
    """Since when the longest waiting of the pending ones is due; None without any."""
    more: bool = False
    """Whether there are more, of either, than were counted."""


@frozen
class RetryPolicy:
    """When to try a refused notification again. A broker that is away is no refusal."""

    limit: int = 5
    """Refusals in a row after which it is parked."""
    first: timedelta = timedelta(seconds=0.5)
    """The delay after the first refusal; it doubles with each."""
    longest: timedelta = timedelta(minutes=1)

    def delay(self, refusals: int, jitter: float) -> timedelta:
        """How long to wait after `refusals` in a row; `jitter`, 0 to 1, spreads it over half to all of that."""
        doubled: timedelta = self.first * 2 ** (refusals - 1)
        return min(doubled, self.longest) * (0.5 + jitter / 2)


def next_generation(now: datetime, earlier: int | None) -> int:
    """A generation that a subject never had, not even in a row that is gone by now."""
    microseconds = int(now.timestamp() * 1_000_000)
    return microseconds if earlier is None else max(microseconds, earlier + 1)
