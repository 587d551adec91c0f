"""Devices as they are observed: the document that each is to have, and the evidence of what it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import field, frozen

from iotconfig.domain.mac import MacAddress, optional_mac_address
from iotconfig.domain.paging import check_limit

from .evidence import Newest
from .state import State, Wanted, state_of
from .why import held_number, last_seen, why

LISTED: Final = 100
"""Devices on a page, unless a query says otherwise."""


@frozen
class ObservedDevice:
    """A device with a document, and the newest evidence of each kind about it."""

    mac_address: MacAddress
    device_name: str | None
    wanted: Wanted
    """The document that it is served now."""
    newest: Newest

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
        return last_seen(self.newest)

    @property
    def firmware(self) -> str | None:
        """The firmware that it named last; None where it never named one."""
        named = [each for each in self.newest.values() if each.firmware is not None]
        return max(named, key=lambda each: each.order).firmware if named else None

    def why(self, now: datetime) -> str:
        """One sentence that explains its state."""
        return why(self.wanted, self.newest, now)


@frozen
class DeviceQuery:
    """A filter of devices, and a page of the result; pages are sorted by MAC address."""

    state: State | None = None
    """Only devices in this state; None for all."""
    after: MacAddress | None = field(default=None, converter=optional_mac_address)
    """Only devices after this MAC address: the `next` of the previous page."""
    limit: int = field(default=LISTED, validator=check_limit)
    """Devices on the page, 1 to 1000."""


@frozen
class DevicePage:
    """One page of devices."""

    devices: tuple[ObservedDevice, ...]
    """Sorted by MAC address. With a filter there may be fewer than the limit, or none, before the last page."""
    next: MacAddress | None
    """The `after` of the next page; None on the last."""

    def __iter__(self) -> Iterator[ObservedDevice]:
        return iter(self.devices)
