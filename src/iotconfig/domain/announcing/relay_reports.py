"""What relays report of themselves, so that every service of one database knows how announcing goes.

A relay may run on another machine than the service that is asked for its health;
the database is what they share. A report says where the relay announces, whether
it is the active one, and what is wrong with its broker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from time import monotonic
from typing import Final, Protocol

from attrs import define, field, frozen

from iotconfig.domain.errors import StoreFull, StoreUnavailable

log = logging.getLogger(__name__)

FRESH: Final = timedelta(seconds=90)
"""The age at which a report no longer counts: its relay ended without removing it."""

_HEARTBEAT: Final = 30.0
_RETRY: Final = 5.0


class RelayProblemCode(StrEnum):
    """What is wrong, for programs."""

    PREFIX_SHARED = "prefix_shared"
    """Another installation announces under this prefix on this broker."""
    SETTINGS_DIFFER = "settings_differ"
    """The services of this database announce to different places."""
    NOT_RETAINED = "not_retained"
    """The broker keeps no retained messages."""
    NOT_ACKNOWLEDGED = "not_acknowledged"
    """The broker takes QoS 0 only."""
    PACKETS_TOO_SMALL = "packets_too_small"
    """The broker's maximum packet size is below what devices are told."""

    @property
    def is_conflict(self) -> bool:
        """Whether somebody must act; the others are limits of the broker, with which announcing goes on."""
        return self in {RelayProblemCode.PREFIX_SHARED, RelayProblemCode.SETTINGS_DIFFER}


@frozen
class RelayProblem:
    """One thing that is wrong."""

    code: RelayProblemCode
    message: str
    """What it means, and what to do."""


@frozen
class Destination:
    """Where a relay announces."""

    broker: str
    """Its URL, without user and password."""
    prefix: str

    def __str__(self) -> str:
        return f'{self.broker} under the prefix "{self.prefix}"'


@frozen
class RelayReport:
    """What one relay reports."""

    relay: str
    """A random name of its process."""
    destination: Destination
    is_active: bool
    problems: tuple[RelayProblem, ...] = ()


class RelayReports(Protocol):
    """The reports of the relays of one database. Methods may raise `StoreUnavailable`, and `put` `StoreFull`."""

    def put(self, report: RelayReport) -> None:
        """Store this report in place of the relay's earlier one.

        A report that `is_active` removes those of other active relays: they lost the lease.
        """
        ...

    def remove(self, relay: str) -> None:
        """Remove the report of a relay that ends."""
        ...

    def fresh(self) -> Sequence[RelayReport]:
        """The reports that are younger than `FRESH` by the store's clock, in the order of their relays' names."""
        ...


def difference(own: Destination, reports: Sequence[RelayReport]) -> RelayProblem | None:
    """The problem where a relay announces to another place than `own`; None where all agree."""
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
    """Stores the reports of one relay: at each change, and now and then, so that they stay fresh."""

    _reports: RelayReports
    _relay: str
    _destination: Destination
    _monotonic: Callable[[], float] = monotonic
    _stored: RelayReport | None = None
    _due_at: float = field(init=False, default=0.0)
    _differs: bool = field(init=False, default=False)

    def report(self, *, is_active: bool, problems: Sequence[RelayProblem]) -> None:
        """Store how the relay is doing, where that is due; say once where another relay announces elsewhere."""
        report = RelayReport(self._relay, self._destination, is_active, tuple(problems))
        now = self._monotonic()
        if now < self._due_at and (report == self._stored or self._stored is None):
            return
        # A store that is away is asked again later, and has been spoken of by the relay itself.
        self._stored, self._due_at = None, now + _RETRY
        try:
            self._reports.put(report)
            found = difference(self._destination, self._reports.fresh())
        except (StoreUnavailable, StoreFull):
            return
        self._stored, self._due_at = report, now + _HEARTBEAT
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
            """It will be too old soon."""
