"""Reports that relays store in the database, for the health of every service on it.

A relay may run on another machine than the service whose health is requested; they
share the database. A report names the relay's destination, whether the relay is
active, and the problems with its broker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from enum import StrEnum
from time import monotonic
from typing import Protocol

from attrs import Factory, define, field, frozen

from iotconfig.domain.errors import StoreFull, StoreUnavailable
from iotconfig.domain.jobs.heartbeat import Heartbeat

log = logging.getLogger(__name__)


class RelayProblemCode(StrEnum):
    """The kind of a problem, for programs."""

    PREFIX_SHARED = "prefix_shared"
    """Another installation announces under this prefix on this broker."""
    SETTINGS_DIFFER = "settings_differ"
    """Services of one database announce to different brokers or prefixes."""
    NOT_RETAINED = "not_retained"
    """The broker keeps no retained messages."""
    NOT_ACKNOWLEDGED = "not_acknowledged"
    """The broker supports QoS 0 only."""
    PACKETS_TOO_SMALL = "packets_too_small"
    """The broker's maximum packet size is smaller than the messages to devices."""

    @property
    def is_conflict(self) -> bool:
        """Whether an operator must act. The others are limits of the broker with which announcing continues."""
        return self in {RelayProblemCode.PREFIX_SHARED, RelayProblemCode.SETTINGS_DIFFER}


@frozen
class RelayProblem:
    """One problem with announcing."""

    code: RelayProblemCode
    message: str
    """Its consequence and its remedy."""


@frozen
class Destination:
    """The broker and the prefix to which a relay announces."""

    broker: str
    """Its URL, without user and password."""
    prefix: str

    def __str__(self) -> str:
        return f'{self.broker} under the prefix "{self.prefix}"'


@frozen
class RelayReport:
    """The report of one relay."""

    relay: str
    """A random name of the relay."""
    destination: Destination
    is_active: bool
    problems: tuple[RelayProblem, ...] = ()


class RelayReports(Protocol):
    """The reports of the relays of one database. Methods may raise `StoreUnavailable`, and `put` `StoreFull`."""

    def put(self, report: RelayReport) -> None:
        """Store this report in place of the relay's earlier one.

        An active report removes those of other active relays, which have lost the lease.
        """
        ...

    def remove(self, relay: str) -> None:
        """Remove the report of a relay that ends."""
        ...

    def fresh(self) -> Sequence[RelayReport]:
        """Return the reports younger than `FRESH` by the store's clock, ordered by the relay's name."""
        ...


def difference(own: Destination, reports: Sequence[RelayReport]) -> RelayProblem | None:
    """Return the problem where a relay's destination differs from `own`; None where all agree."""
    others = sorted((r for r in reports if r.destination != own), key=lambda r: not r.is_active)
    if not others:
        return None
    other = others[0]
    role = "the active relay of its database" if other.is_active else "a standby relay of its database"
    return RelayProblem(
        RelayProblemCode.SETTINGS_DIFFER,
        f"this service is set to announce to {own}, and {role} to {other.destination}: devices at one of the two "
        "get no announcements. Give all services of one database the same MQTT_URL and IOTCONFIG_MQTT_PREFIX, "
        "in the same spelling",
    )


@define
class Reporter:
    """Stores the reports of one relay: at each change, and periodically, so that they stay fresh."""

    _reports: RelayReports
    _relay: str
    _destination: Destination
    _monotonic: Callable[[], float] = monotonic
    _heartbeat: Heartbeat[RelayReport] = field(
        init=False,
        default=Factory(lambda self: Heartbeat(self._store, self._monotonic), takes_self=True),
    )
    _differs: bool = field(init=False, default=False)

    def report(self, *, is_active: bool, problems: Sequence[RelayProblem]) -> None:
        """Store a report if one is due. Logs once where another relay has another destination."""
        self._heartbeat.beat(RelayReport(self._relay, self._destination, is_active, tuple(problems)))

    def _store(self, report: RelayReport) -> None:
        self._reports.put(report)
        found = difference(self._destination, self._reports.fresh())
        if found is not None and not self._differs:
            log.error("relay: %s", found.message)
        elif found is None and self._differs:
            log.warning("relay: all relays of this database announce to the same broker and prefix again")
        self._differs = found is not None

    def close(self) -> None:
        """Remove the report of a relay that ends."""
        try:
            self._reports.remove(self._relay)
        except (StoreUnavailable, StoreFull):
            """The report expires by itself."""
