"""Devices as they are observed: the document that each is to have, and the evidence of what it has."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from iotconfig.domain.configs.labels import NO_LABELS, Labels
from iotconfig.domain.mac import MacAddress

from .evidence import Evidence, Newest
from .presence import Presence
from .reports import firmware_of
from .silence import overdue_at
from .state import State, Wanted, state_of
from .status import DeviceQuery, DeviceStatus
from .why import held_number, last_life, last_seen, why


@frozen
class ObservedDevice:
    """A device with a document, and the newest evidence of each kind about it."""

    mac_address: MacAddress
    device_name: str | None
    wanted: Wanted
    """The document that it is served now."""
    newest: Newest
    labels: Labels = NO_LABELS
    """Its tags and its note."""
    expected: timedelta | None = None
    """How often it is expected to show a sign of life; None where that is not known."""
    presence: Presence | None = None
    """What it said last about its connection to the broker; None where it said nothing, or nobody asked."""

    @property
    def state(self) -> State:
        """How what it has compares with what it is to have."""
        return state_of(self.wanted, self.newest)

    @property
    def held(self) -> int | None:
        """The document number of what it runs; None where that is unknown."""
        return held_number(self.wanted, self.newest)

    @property
    def last_seen(self) -> datetime | None:
        """The time of its newest sign of life, accurate to a minute; None where there is none."""
        return last_life(self.newest, self.presence)

    def is_online(self, now: datetime) -> bool | None:
        """Whether it is connected to the broker; None where that is unknown."""
        return None if self.presence is None else self.presence.counts_as_online(now, self.last_seen)

    @property
    def firmware(self) -> str | None:
        """The firmware that it named last; None where it never named one."""
        return firmware_of(self.newest)

    @property
    def overdue_at(self) -> datetime | None:
        """The time from which it is overdue, if it shows nothing of a document; None: never."""
        return overdue_at(last_seen(self.newest), self.expected)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it has been silent for longer than it is expected to."""
        at = self.overdue_at
        return at is not None and at <= now

    def is_listed(self, query: DeviceQuery, now: datetime) -> bool:
        """Whether it has the state and the firmware of a query, and is overdue where the query asks for that."""
        return (
            query.state in (None, self.state)
            and query.firmware in (None, self.firmware)
            and query.overdue in (None, self.is_overdue(now))
        )

    def status(self, now: datetime) -> DeviceStatus:
        """What operators are shown of it."""
        is_overdue = self.is_overdue(now)
        return DeviceStatus(
            self.mac_address,
            self.device_name,
            self.state,
            is_overdue,
            why(self.wanted, self.newest, now, self.expected if is_overdue else None, self.presence),
            self.wanted.number,
            self.held,
            self.last_seen,
            self.firmware,
            self.labels.tags,
            self.labels.note,
            self.is_online(now),
            model=self.labels.model,
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """The newest evidence of each kind, the newest of all first."""
        return tuple(sorted(self.newest.values(), key=lambda each: each.order, reverse=True))
