"""Reports that the active subscriber stores in the database, for the health of every service on it.

The subscriber may run in another process, or on another machine, than the service whose health is requested.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic
from typing import Final, Protocol

from attrs import Factory, define, field, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import StoreFull, StoreUnavailable
from iotconfig.domain.jobs.heartbeat import FRESH, Heartbeat

_MOMENT: Final = timedelta(seconds=30)
"""How long a subscriber that was killed may have been without a connection."""

_MESSAGES_EVERY: Final = 10.0
"""Seconds after which a newer last message is reported: not each batch is worth a transaction."""


@frozen
class SubscriberReport:
    """The report of one subscriber. Times are by its clock."""

    subscriber: str
    """A random name of the subscriber, of at most 32 characters."""
    is_connected: bool
    since: datetime | None
    """When the connection to the broker began, or ended; None where there was none since it started."""
    last_message_at: datetime | None = None
    """When it recorded a message last; None where it has recorded none since it started."""
    problem: str | None = None
    """Why it is not connected, where it has tried."""


class SubscriberReports(Protocol):
    """The report of the active subscriber of one database. Methods may raise `StoreUnavailable`, and `put` `StoreFull`."""

    def put(self, report: SubscriberReport) -> None:
        """Store this report in place of any other: there is one active subscriber."""
        ...

    def remove(self, subscriber: str) -> None:
        """Remove the report of a subscriber that ends. That of another one stays."""
        ...

    def fresh(self) -> SubscriberReport | None:
        """Return the report, if it is younger than `FRESH` by the store's clock."""
        ...


@define
class SubscriberReporter:
    """Stores the reports of one subscriber while it is active."""

    _reports: SubscriberReports
    _subscriber: str
    _clock: Clock
    _monotonic: Callable[[], float] = monotonic
    _heartbeat: Heartbeat[SubscriberReport] = field(
        init=False,
        default=Factory(lambda self: Heartbeat(self._reports.put, self._monotonic), takes_self=True),
    )
    _is_connected: bool = field(init=False, default=False)
    _since: datetime | None = field(init=False, default=None)
    _received_at: datetime | None = field(init=False, default=None)
    _told: datetime | None = field(init=False, default=None)
    """The last message that reports name."""
    _tells_at: float = field(init=False, default=0.0)

    def connected(self, *, is_connected: bool) -> None:
        """Note whether there is a connection."""
        if is_connected != self._is_connected:
            self._is_connected, self._since = is_connected, self._clock()

    def received(self) -> None:
        """Note that messages were recorded."""
        self._received_at = self._clock()

    def report(self, problem: str | None) -> None:
        """Store a report if one is due. `problem`: why there is no connection."""
        now = self._monotonic()
        if self._told != self._received_at and now >= self._tells_at:
            self._told, self._tells_at = self._received_at, now + _MESSAGES_EVERY
        told = None if self._is_connected else problem
        self._heartbeat.beat(
            SubscriberReport(self._subscriber, self._is_connected, self._since, self._told, told)
        )

    def has_predecessor(self) -> bool:
        """Return whether another subscriber was connected a moment ago, and was killed. May raise `StoreUnavailable`."""
        found = self._reports.fresh()
        if found is None or found.since is None or found.subscriber == self._subscriber:
            return False
        return found.is_connected or self._clock() - found.since < _MOMENT

    def close(self) -> None:
        """Remove the report of a subscriber that ends. Where the store is away, it expires by itself."""
        with suppress(StoreUnavailable, StoreFull):
            self._reports.remove(self._subscriber)


class SubscriberState(StrEnum):
    """Whether messages of devices are recorded."""

    DISABLED = "disabled"
    """No broker is configured."""
    OFF = "off"
    """The service does not read messages of devices."""
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    """The active subscriber has no connection to the broker."""
    MISSING = "missing"
    """No subscriber reports: none runs on this database, or it cannot write to it."""
    UNKNOWN = "unknown"
    """The database keeps no reports of subscribers."""


@frozen
class SubscriberHealth:
    """The state of the subscriber. It does not count for the health of the service: devices can fetch without it."""

    state: SubscriberState
    since: datetime | None
    """When the connection began, or ended; None where there was none since the subscriber started, or no subscriber is known."""
    last_message_at: datetime | None
    """When a message of a device was recorded last, accurate to 10 s; None where none was since the subscriber started."""
    problem: str | None
    """What is wrong, and how to solve it; None without a problem."""


@frozen
class SubscriberService:
    """The operator's view of the subscriber."""

    reports: SubscriberReports | None
    """None: the database keeps none."""
    is_enabled: bool
    """Whether a broker is configured."""
    reads: bool
    """Whether messages of devices are read."""

    def health(self) -> SubscriberHealth:
        """Return the state of the subscriber, whichever machine it runs on. May raise `StoreUnavailable`."""
        if not self.is_enabled:
            return _without_report(SubscriberState.DISABLED)
        if not self.reads:
            return _without_report(SubscriberState.OFF)
        if self.reports is None:
            return _without_report(SubscriberState.UNKNOWN)
        report = self.reports.fresh()
        if report is None:
            return _without_report(SubscriberState.MISSING, _MISSING)
        return SubscriberHealth(
            SubscriberState.CONNECTED if report.is_connected else SubscriberState.DISCONNECTED,
            report.since,
            report.last_message_at,
            report.problem,
        )


def _without_report(state: SubscriberState, problem: str | None = None) -> SubscriberHealth:
    return SubscriberHealth(state, None, None, problem)


_MISSING: Final = (
    f"no subscriber has reported for {FRESH.total_seconds():g} s, so messages of devices wait at the broker: let "
    "'iotconfig serve' or 'iotconfig relay' run on this database, with MQTT_URL"
)
