"""What an operator can know of the pending notifications, and do about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from attrs import frozen

from .notifications import Notification
from .ports import Clock, NotificationQueue

DELAYED_AFTER: Final = timedelta(seconds=30)
"""How long a notification may wait before devices count as hearing of changes late."""


class DeliveryState(StrEnum):
    """Whether devices hear of changes."""

    DISABLED = "disabled"
    """No broker is configured."""
    OK = "ok"
    DELAYED = "delayed"
    """Something waits for longer than it should."""


@frozen
class DeliveryHealth:
    """How the notifications are doing."""

    state: DeliveryState
    pending: int
    """Notifications that wait for the broker."""
    oldest_seconds: float
    """For how long the longest waiting one was due; 0 without any."""
    parked: int
    """Notifications that the broker refused too often."""
    more: bool = False
    """Whether there are more than `pending` or `parked` says: each counts up to 10,000."""


@frozen
class NotificationService:
    """Looks after the pending notifications. All methods may raise `StoreUnavailable`."""

    queue: NotificationQueue
    clock: Clock
    enabled: bool
    """Whether a broker is configured."""

    def health(self) -> DeliveryHealth:
        """How the notifications are doing. A broker that is away is no fault of the service."""
        backlog = self.queue.backlog()
        waited = timedelta()
        if backlog.oldest is not None:
            waited = max(self.clock() - backlog.oldest, timedelta())
        state = DeliveryState.DELAYED if waited > DELAYED_AFTER else DeliveryState.OK
        return DeliveryHealth(
            state=state if self.enabled else DeliveryState.DISABLED,
            pending=backlog.pending,
            oldest_seconds=round(waited.total_seconds(), 3),
            parked=backlog.parked,
            more=backlog.more,
        )

    def find(self, limit: int) -> Sequence[Notification]:
        """Up to `limit` pending ones, the parked first."""
        return self.queue.find(limit)

    def retry_parked(self) -> int:
        """Try the parked ones again, and say how many they are."""
        return self.queue.retry_parked(self.clock())
