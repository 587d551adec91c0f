"""The routes of health: for people and for orchestrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import falcon
from attrs import frozen

from iotconfig._version import __version__
from iotconfig.adapters.codec import answer
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.problems import RETRY_AFTER
from iotconfig.adapters.telemetry import LogUse
from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.announcing.use_cases import NotificationUseCases
from iotconfig.domain.devices.subscriber_reports import SubscriberHealth, SubscriberService
from iotconfig.domain.errors import StoreReadOnly, StoreUnavailable


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


@answer
@frozen
class DatabaseLog:
    """The write-ahead log of a SQLite database."""

    bytes: Annotated[int, "The size of the -wal file of a SQLite database"]
    problem: Annotated[str | None, "The problem, and how to solve it; null if there is none"]


@answer
@frozen
class Healthy:
    """The service is healthy."""

    status: Literal["healthy"]
    database: Literal["connected"]
    version: Annotated[str, "The version of the service"]
    notifications: DeliveryHealth
    subscriber: SubscriberHealth
    log: DatabaseLog | None = None


@answer
@frozen
class Unhealthy:
    """The service is not healthy."""

    status: Literal["unhealthy"]
    database: Literal["disconnected", "read-only"]
    version: Annotated[str, "The version of the service"]
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
        try:
            self.check_store()
            delivery = self.notifications.health()
            subscriber = self.subscriber.health()
            log = self.log()
        except StoreUnavailable as error:
            is_read_only = isinstance(error, StoreReadOnly)
            _refuse(
                resp,
                Unhealthy(
                    "unhealthy", "read-only" if is_read_only else "disconnected", __version__, str(error)
                ),
            )
        else:
            shown = None if log is None else DatabaseLog(log.bytes, log.problem)
            _send(resp, Healthy("healthy", "connected", __version__, delivery, subscriber, shown))


def _send(resp: falcon.Response, content: object) -> None:
    send(resp, content)
    resp.set_header("Cache-Control", "no-store")


def _refuse(resp: falcon.Response, content: object) -> None:
    _send(resp, content)
    resp.status = falcon.HTTP_503
    resp.set_header("Retry-After", RETRY_AFTER)
