"""The operator's view of the pending notifications."""

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
"""The age of the oldest pending notification from which delivery counts as delayed."""


class DeliveryState(StrEnum):
    """Whether changes reach devices."""

    DISABLED = "disabled"
    """No broker is configured."""
    OK = "ok"
    CONFLICT = "conflict"
    """Another installation uses the prefix, or services of this database have different destinations."""
    DELAYED = "delayed"
    """A notification has waited for longer than `DELAYED_AFTER`."""
    LIMITED = "limited"
    """The broker lacks a feature that announcing uses."""


@frozen
class DeliveryHealth:
    """The state of delivery, and its numbers."""

    state: DeliveryState
    pending: int
    """Notifications that wait for the broker."""
    oldest_seconds: float
    """The time since the oldest one became due; 0 without any."""
    parked: int
    """Notifications that the broker refused too often."""
    more: bool = False
    """Whether `pending` or `parked` stopped at its limit of 10,000."""
    problems: Sequence[RelayProblem] = ()
    """The problems with announcing, conflicts first, each with its remedy."""


@frozen
class NotificationService:
    """Inspects and retries pending notifications. All methods may raise `StoreUnavailable`."""

    queue: NotificationQueue
    clock: Clock
    enabled: bool
    """Whether a broker is configured."""
    destination: Destination | None = None
    """The destination in this service's settings; None without a broker."""
    reports: RelayReports | None = None
    """The reports of the database's relays, if they are stored."""

    def health(self) -> DeliveryHealth:
        """Return the state of delivery. A broker that is away is not a fault of the service."""
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
        """Return up to `limit` notifications, the parked ones first."""
        return self.queue.find(limit)

    def retry_parked(self) -> int:
        """Make all parked notifications due again. Returns their number."""
        return self.queue.retry_parked(self.clock())
