"""The routes of health: for people and for orchestrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import falcon
from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.adapters.codec.health_answers import Unhealthy, health_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.problems import RETRY_AFTER
from iotconfig.adapters.telemetry import LogUse
from iotconfig.domain.announcing.use_cases import NotificationUseCases
from iotconfig.domain.devices.subscriber_reports import SubscriberService
from iotconfig.domain.errors import StoreUnavailable


@answer
@frozen
class Alive:
    """The process answers."""

    status: Literal["alive"]


@answer
@frozen
class Ready:
    """Requests can be served."""

    status: Literal["ready"]


@answer
@frozen
class Unready:
    """Requests cannot be served."""

    status: Literal["unready"]
    error: str


@frozen
class LiveResource:
    """`/api/health/live`: the process answers. Nothing else is checked, so that no outage causes a restart."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        _send(resp, Alive("alive"))


@frozen
class ReadyResource:
    """`/api/health/ready`: requests can be served: the database answers, accepts writes and has the current schema."""

    is_ready: Callable[[], None]
    """Raises `StoreUnavailable` if requests cannot be served."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        try:
            self.is_ready()
        except StoreUnavailable as error:
            _refuse(resp, Unready("unready", str(error)))
        else:
            _send(resp, Ready("ready"))


def _no_log() -> None:
    return None


@frozen
class HealthResource:
    """`/api/health`: healthy while the database answers and accepts writes.

    A broker that is away does not count, nor a subscriber that is not connected: devices can fetch without them.
    """

    check_store: Callable[[], None]
    notifications: NotificationUseCases
    subscriber: SubscriberService
    log: Callable[[], LogUse | None] = _no_log

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        found = health_of(self.check_store, self.notifications, self.subscriber, self.log)
        if isinstance(found, Unhealthy):
            _refuse(resp, found)
        else:
            _send(resp, found)


def _send(resp: falcon.Response, content: object) -> None:
    send(resp, content)
    resp.set_header("Cache-Control", "no-store")


def _refuse(resp: falcon.Response, content: object) -> None:
    _send(resp, content)
    resp.status = falcon.HTTP_503
    resp.set_header("Retry-After", RETRY_AFTER)
