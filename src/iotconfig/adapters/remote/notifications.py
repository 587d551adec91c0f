"""Pending notifications, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.announcing.service import DeliveryHealth

from .answers import RemoteUseCases
from .connection import Request

_PATH: Final = "/api/notifications"


@frozen
class _Listed:
    health: DeliveryHealth
    notifications: Sequence[Notification]


@frozen
class _Retried:
    retried: int


@frozen
class RemoteNotifications(RemoteUseCases):
    """`NotificationUseCases` of a service."""

    def health(self) -> DeliveryHealth:
        return self._listed(1).health

    def find(self, limit: int) -> Sequence[Notification]:
        return self._listed(limit).notifications

    def retry_parked(self) -> int:
        return self.entity(Request("POST", f"{_PATH}/retry"), _Retried).retried

    def _listed(self, limit: int) -> _Listed:
        return self.entity(Request("GET", _PATH, {"limit": limit}), _Listed)
