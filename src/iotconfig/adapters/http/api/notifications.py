"""The routes of pending notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.requests.queries import NoQuery, page_limit, read_query
from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.announcing.use_cases import NotificationUseCases
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.paging import MAX_PAGE

_LISTED: Final = 100


@frozen
class NotificationsQuery:
    """The query string of `GET /api/notifications`."""

    limit: int = page_limit(_LISTED)


@answer
@frozen
class Notifications:
    """The pending notifications."""

    health: DeliveryHealth
    notifications: Annotated[Sequence[Notification], "The first notifications; parked ones come first"]


@answer
@frozen
class Retried:
    """The number of notifications that are tried again."""

    retried: int


@frozen
class NotificationsResource:
    """`/api/notifications`: notifications that are pending, or that the broker refused too often."""

    service: NotificationUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        limit = read_query(req, NotificationsQuery).limit
        if not 1 <= limit <= MAX_PAGE:
            raise ValidationFailed(
                f"The limit must be a whole number from 1 to {MAX_PAGE}.", parameter="limit"
            )
        send(resp, Notifications(self.service.health(), self.service.find(limit)))


@frozen
class RetryResource:
    """`/api/notifications/retry`: parked notifications become due again."""

    service: NotificationUseCases

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        send(resp, Retried(self.service.retry_parked()))
