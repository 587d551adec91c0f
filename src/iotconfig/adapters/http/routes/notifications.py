"""The routes of pending notifications."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.notifications import (
    Notifications,
    NotificationsQuery,
    NotificationsResource,
    Retried,
    RetryResource,
)
from iotconfig.adapters.http.requests.queries import NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route

AREA: Final = Area(
    "Notifications",
    "Changes that the broker has not accepted yet.",
    (
        Route(
            "/api/notifications",
            lambda api: NotificationsResource(api.use_cases.notifications),
            get=Operation(
                "listNotifications",
                "List pending notifications",
                Access.READ,
                details="Parked notifications, which the broker refused too often, come first.",
                query=NotificationsQuery,
                answers={200: Answer("The state of delivery, and notifications", Notifications)},
            ),
        ),
        Route(
            "/api/notifications/retry",
            lambda api: RetryResource(api.use_cases.notifications),
            post=Operation(
                "retryNotifications",
                "Try parked notifications again",
                Access.CHANGE,
                query=NoQuery,
                answers={200: Answer("The parked notifications are pending again", Retried)},
                refuses=("STORE_FULL",),
            ),
        ),
    ),
)
