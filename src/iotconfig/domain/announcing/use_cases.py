"""The use cases of `NotificationService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .notifications import Notification
from .service import DeliveryHealth


class NotificationUseCases(Protocol):
    """The use cases of `NotificationService`; its docstrings are the contract."""

    def health(self) -> DeliveryHealth:
        """Return the state of delivery."""
        ...

    def find(self, limit: int) -> Sequence[Notification]:
        """Return up to `limit` notifications, the parked ones first."""
        ...

    def retry_parked(self) -> int:
        """Make all parked notifications due again; return their number."""
        ...
