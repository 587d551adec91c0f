"""The health of a service, as it answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from attrs import frozen

from iotconfig._version import __version__
from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.devices.subscriber_reports import SubscriberHealth
from iotconfig.domain.errors import StoreReadOnly, StoreUnavailable

from .answers import answer

if TYPE_CHECKING:
    from iotconfig.adapters.telemetry import LogUse
    from iotconfig.domain.announcing.use_cases import NotificationUseCases
    from iotconfig.domain.devices.subscriber_reports import SubscriberService


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


def health_of(
    check_store: Callable[[], None],
    notifications: NotificationUseCases,
    subscriber: SubscriberService,
    log: Callable[[], LogUse | None],
) -> Healthy | Unhealthy:
    """The health of the parts of a service. `check_store` raises `StoreUnavailable`, as `Store.check` does."""
    try:
        check_store()
        delivery, read, used = notifications.health(), subscriber.health(), log()
    except StoreUnavailable as error:
        is_read_only = isinstance(error, StoreReadOnly)
        return Unhealthy(
            "unhealthy", "read-only" if is_read_only else "disconnected", __version__, str(error)
        )
    shown = None if used is None else DatabaseLog(used.bytes, used.problem)
    return Healthy("healthy", "connected", __version__, delivery, read, shown)
