"""Presence: whether a device is connected to the broker, by its birth message and its last will."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

GRACE: Final = timedelta(minutes=3)
"""How long after the last sign of life an `offline` begins to count.

It is longer than a reconnection takes, and than `last_seen` lags behind a device that fetches every minute.
"""


@frozen
class Presence:
    """The last message of a device about its connection."""

    is_online: bool
    """Whether it said `online`, and not `offline`."""
    changed_at: datetime
    """When the first message that says so arrived."""
    seen_at: datetime | None = None
    """When it last said `online` while the service listened; None where the service was told later."""

    def counts_as_online(self, now: datetime, last_seen: datetime | None) -> bool:
        """Whether the device counts as online.

        An `offline` counts after a grace without a sign of life: the broker publishes one, too, when a device
        takes its connection over after a restart.

        last_seen: the newest sign of life of any kind.
        """
        if self.is_online:
            return True
        silent_since = self.changed_at if last_seen is None else max(self.changed_at, last_seen)
        return now - silent_since < GRACE
