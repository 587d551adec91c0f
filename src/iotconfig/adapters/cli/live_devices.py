"""A list of devices that is kept up to date by what happens to them."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from iotconfig.domain.devices.status import counts_of
from iotconfig.domain.mac import MacAddress, in_order
from iotconfig.domain.paging import MAX_PAGE, all_items

if TYPE_CHECKING:
    from datetime import datetime

    from iotconfig.domain.devices.device_events import DeviceEvents
    from iotconfig.domain.devices.status import DeviceCounts, DevicePage, DeviceQuery, DeviceStatus
    from iotconfig.domain.devices.use_cases import DeviceReadings

_ONE_BY_ONE: Final = 20
"""Devices that are read one by one. For more, reading the whole list costs less."""
_OLD: Final = 60.0
_OLDEST: Final = 300.0
"""Signs of life are not told: seconds for each page after which the list is read again, and the most."""


def read_devices(service: DeviceReadings, query: DeviceQuery, limit: int | None) -> DevicePage:
    """All devices that match, up to the limit, as one page."""
    # What is read to its end is counted here: the counts of a service may be seconds old.
    counts_here = limit is None and not _is_by_state(query)
    first = service.find(evolve(query, limit=min(limit or MAX_PAGE, MAX_PAGE), count=not counts_here))
    rest = evolve(query, limit=MAX_PAGE, count=False)
    pages = all_items(lambda cursor: first if cursor is None else service.find(evolve(rest, after=cursor)))
    found = tuple(islice(pages, limit))
    counts = counts_of(found) if counts_here else first.counts
    return evolve(first, devices=found, next=None, counts=counts)


@define
class LiveDevices:
    """The devices that match a query, up to a limit, brought up to date by events."""

    _service: DeviceReadings
    _query: DeviceQuery
    _limit: int | None
    """None for all."""
    page: DevicePage | None = field(init=False, default=None)
    """The devices; None before they were read."""
    _devices: dict[MacAddress, DeviceStatus] = field(init=False, factory=dict)
    _read_at: float = field(init=False, default=0.0)
    _is_sound: bool = field(init=False, default=False)
    """Whether `_devices` has all that happened."""

    def follow(self, events: DeviceEvents) -> None:
        """Bring the list up to date. Raises `StoreUnavailable`; the next call reads the whole list then."""
        is_sound, self._is_sound = self._is_sound, False
        if not is_sound or events.is_lost or self._is_old() or self._is_too_much(events):
            self._read()
        elif events.devices or events.changed:
            self._apply(events)
        self._is_sound = True

    def now(self) -> datetime | None:
        """The time, by the clock that the times in the list are of; None before they were read."""
        if self.page is None:
            return None
        return self.page.as_of + timedelta(seconds=monotonic() - self._read_at)

    def _read(self) -> None:
        self.page = read_devices(self._service, self._query, self._limit)
        self._read_at = monotonic()
        self._devices = {device.mac_address: device for device in self.page}

    def _is_old(self) -> bool:
        pages = 1 + len(self._devices) // MAX_PAGE
        return monotonic() - self._read_at > min(_OLD * pages, _OLDEST)

    def _is_too_much(self, events: DeviceEvents) -> bool:
        """Whether reading the whole list costs less than reading what happened: a list with a limit is short."""
        if not events.devices and not events.changed:
            return False
        asked = len(events.changed) + (len(events.devices) if self._query.text is not None else 0)
        return self._limit is not None or asked > _ONE_BY_ONE

    def _apply(self, events: DeviceEvents) -> None:
        for device in events.devices:
            mac_address = device.mac_address
            # Lists do not have the entity id, in which the service looks for the text, too.
            self._put(
                mac_address, self._find(mac_address) if self._query.text is not None else self._kept(device)
            )
        for mac_address in events.changed:
            self._put(mac_address, self._find(mac_address))
        assert self.page is not None  # noqa: S101 - it was read
        found = tuple(self._devices[mac_address] for mac_address in in_order(self._devices))
        self.page = evolve(self.page, devices=found, counts=self._counts(found))

    def _counts(self, found: tuple[DeviceStatus, ...]) -> DeviceCounts | None:
        if not _is_by_state(self._query):
            return counts_of(found)
        return self._service.find(evolve(self._query, limit=1)).counts

    def _put(self, mac_address: MacAddress, device: DeviceStatus | None) -> None:
        self._devices.pop(mac_address, None)
        if device is not None:
            self._devices[mac_address] = device

    def _kept(self, device: DeviceStatus) -> DeviceStatus | None:
        """The device, if it matches all of the query but the text."""
        query = self._query
        matches = (
            query.state in {None, device.state}
            and query.overdue in {None, device.overdue}
            and query.firmware in {None, device.firmware}
            and query.model in {None, device.model}
            and query.tags.takes(device.tags)
        )
        return device if matches else None

    def _find(self, mac_address: MacAddress) -> DeviceStatus | None:
        """The device as the service has it now; None where there is none, or it does not match."""
        page = self._service.find(evolve(self._query, after=_before(mac_address), limit=1, count=False))
        return next((device for device in page if device.mac_address == mac_address), None)


def _is_by_state(query: DeviceQuery) -> bool:
    """Whether the list has some states only: the counts of a service are of all of them."""
    return (query.state, query.overdue, query.firmware) != (None, None, None)


def _before(mac_address: MacAddress) -> MacAddress | None:
    """The MAC address before it; None before the first."""
    number = int(str(mac_address).replace(":", ""), 16)
    return MacAddress.parse(f"{number - 1:012x}") if number else None
