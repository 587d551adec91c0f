"""Pending notifications: state, not a log.

Each subject (a device, or an uploaded asset) has at most one pending
notification, which holds the newest state. Ten thousand edits of one device
while the broker is away leave one notification.

The database is the truth and a notification a hint. The hint is written in the
transaction of its change, so no fault loses it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

from .announcement import Announcement

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Due at any time: the clocks of the host that announces and of the host that relays may differ."""


@frozen
class Notification:
    """An announcement that is pending."""

    announcement: Announcement
    generation: int
    """Changes at each announcement of the subject and never repeats. A published notification is removed
    only if its generation is still the one that was read."""
    since: datetime
    """The time at which it was first due."""
    due_at: datetime
    """The earliest time of the next attempt; `AT_ONCE` unless it is paced or was refused."""
    refusals: int = 0
    """Refusals by the broker in a row."""
    parked: bool = False
    """Refused too often: not published until an operator retries it or the subject changes again."""
    last_error: str | None = None
    """The broker's reason for the last refusal."""


MOST_COUNTED: Final = 10_000
"""The most notifications that one call counts: a long outage can leave millions."""


@frozen
class Backlog:
    """The size and the age of the queue."""

    pending: int
    """Notifications that wait for the broker."""
    parked: int
    """Notifications that wait for an operator."""
    oldest: datetime | None
    """The time at which the oldest pending notification became due; None without any."""
    more: bool = False
    """Whether either count stopped at its limit."""


@frozen
class RetryPolicy:
    """The delays after refusals. A broker that is away is not a refusal."""

    limit: int = 5
    """Refusals in a row after which a notification is parked."""
    first: timedelta = timedelta(seconds=0.5)
    """The delay after the first refusal; it doubles with each."""
    longest: timedelta = timedelta(minutes=1)

    def delay(self, refusals: int, jitter: float) -> timedelta:
        """Return the delay after `refusals` in a row; `jitter`, 0 to 1, spreads it over half to all of its length."""
        doubled: timedelta = self.first * 2 ** (refusals - 1)
        return min(doubled, self.longest) * (0.5 + jitter / 2)


def next_generation(now: datetime, earlier: int | None) -> int:
    """Return a generation that a subject never had, not even in an earlier row that was removed."""
    microseconds = int(now.timestamp() * 1_000_000)
    return microseconds if earlier is None else max(microseconds, earlier + 1)
