"""What an operator can know of the pending notifications, and do about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from attrs import frozen

from iotconfig.domain.clock import Clock

from .notifications import Notification
from .ports import NotificationQueue
from .relay_reports import Destination, RelayProblem, RelayReports, difference

DELAYED_AFTER: Final = timedelta(seconds=30)
"""How long a notification may wait before devices count as hearing of changes late."""


class DeliveryState(StrEnum):
    """Whether devices hear of changes."""

    DISABLED = "disabled"
    """No broker is configured."""
    OK = "ok"
    CONFLICT = "conflict"
    """Another installation uses the prefix, or services of this database announce elsewhere."""
    DELAYED = "delayed"
    """Something waits for longer than it should."""
    LIMITED = "limited"
    """The broker cannot do all that announcing needs."""


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
    problems: Sequence[RelayProblem] = ()
    """What is wrong, the worst first, and what to do about it."""


@frozen
class NotificationService:
    """Looks after the pending notifications. All methods may raise `StoreUnavailable`."""

    queue: NotificationQueue
    clock: Clock
    enabled: bool
    """Whether a broker is configured."""
    destination: Destination | None = None
    """Where this service is set to announce."""
    reports: RelayReports | None = None
    """What the relays of the database say, where they say anything."""

    def health(self) -> DeliveryHealth:
        """How the notifications are doing. A broker that is away is no fault of the service."""
        backlog = self.queue.backlog()
        waited = timedelta()
        if backlog.oldest is not None:
            waited = max(self.clock() - backlog.oldest, timedelta())
        problems = self._problems()
        return DeliveryHealth(
            state=self._state(waited, problems),
            pending=backlog.pending,
            oldest_seconds=round(waited.total_seconds(), 3),
            parked=backlog.parked,
            more=backlog.more,
            problems=problems,
        )

    def _state(self, waited: timedelta, problems: Sequence[RelayProblem]) -> DeliveryState:
        if not self.enabled:
            return DeliveryState.DISABLED
        if any(problem.code.is_conflict for problem in problems):
            return DeliveryState.CONFLICT
        if waited > DELAYED_AFTER:
            return DeliveryState.DELAYED
        return DeliveryState.LIMITED if problems else DeliveryState.OK

    def _problems(self) -> Sequence[RelayProblem]:
        if self.destination is None or self.reports is None:
            return ()
        fresh = self.reports.fresh()
        found = [problem for report in fresh if report.is_active for problem in report.problems]
        if (differs := difference(self.destination, fresh)) is not None:
            found.append(differs)
        return tuple(sorted(found, key=lambda problem: not problem.code.is_conflict))

    def find(self, limit: int) -> Sequence[Notification]:
        """Up to `limit` pending ones, the parked first."""
        return self.queue.find(limit)

    def retry_parked(self) -> int:
        """Try the parked ones again, and say how many they are."""
        return self.queue.retry_parked(self.clock())
