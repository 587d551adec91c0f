"""Looking at devices again and again, until they have the document that they are to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from iotconfig.domain.devices.arrival import Arrival, Goal, could_have_spoken
from iotconfig.domain.devices.past import PastQuery
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DeviceQuery, DeviceStatus
from iotconfig.domain.errors import RecordNotFound, StoreUnavailable, TooManyRequests
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE, all_items

from .errors import one_line
from .terminal import say_over_progress

if TYPE_CHECKING:
    from iotconfig.domain.devices.use_cases import DeviceReadings

_PAUSE: Final = 1.0
"""Seconds between two looks at the devices."""
_SHARE: Final = 4
"""A look that takes longer is followed by a pause of so many times its duration."""
_GONE: Final = "Its config was deleted, or moved to another board."


@frozen
class Seen:
    """A device as it was seen last."""

    device: DeviceStatus
    arrival: Arrival


@define
class SelectedDevices:
    """The devices that are waited for."""

    _service: DeviceReadings
    _goal: Goal
    _mac_addresses: Sequence[MacAddress]
    """Empty for all."""
    _query: DeviceQuery | None
    """None: only the MAC addresses select."""
    _arrived: dict[MacAddress, tuple[int, Arrival]] = field(factory=dict, init=False)
    """The devices whose evidence was read, with the number of the document that they have."""
    _last: dict[MacAddress, DeviceStatus] = field(factory=dict, init=False)

    def look(self) -> list[Seen]:
        """All of them, as they are now. Raises `RecordNotFound` at the first look for a MAC address without a document."""
        return [Seen(device, self._arrival(device)) for device in self._devices()]

    def _devices(self) -> Iterator[DeviceStatus]:
        if self._query is None:
            yield from map(self._named, self._mac_addresses)
            return
        query, named = self._query, frozenset(self._mac_addresses)
        for device in all_items(lambda cursor: self._service.find(evolve(query, after=cursor))):
            if not named or device.mac_address in named:
                yield device

    def _named(self, mac_address: MacAddress) -> DeviceStatus:
        found = self._service.get(mac_address)
        if found is None:
            if mac_address not in self._last:
                raise RecordNotFound(mac_address, what="Device")
            return evolve(self._last[mac_address], state=State.PENDING, why=_GONE, evidence=())
        self._last[mac_address] = found
        return found

    def _arrival(self, device: DeviceStatus) -> Arrival:
        """Reads the evidence of a device, which lists do not have, once for each document."""
        mac_address = device.mac_address
        listed = self._goal.arrival_in_list(device)
        if listed is not None:
            self._arrived.pop(mac_address, None)
            return listed
        number, arrival = self._arrived.get(mac_address, (None, Arrival.MISSING))
        if number == device.wanted:
            return arrival
        found = device if device.evidence else self._service.get(mac_address)
        if found is None:
            return Arrival.MISSING
        arrival = self._goal.arrival(found)
        if (
            arrival is Arrival.SILENT
            and self._goal.state is State.IN_SYNC
            and not self._could_have_spoken(found)
        ):
            arrival = Arrival.MISSING
        if arrival is not Arrival.MISSING:
            self._arrived[mac_address] = found.wanted, arrival
        return arrival

    def _could_have_spoken(self, device: DeviceStatus) -> bool:
        past = self._service.past(PastQuery(device.mac_address, limit=MAX_PAGE))
        return could_have_spoken(device, past.changes)


def waited_for(
    selected: SelectedDevices, deadline: float, show: Callable[[int, int], None], *, fail_fast: bool
) -> list[Seen]:
    """Look until all are there, or until the deadline; return what was seen last.

    A service that is away meanwhile is asked again, and each problem is said once. Raises its error if it is away at
    the first look, or at the end.
    """
    seen: list[Seen] | None = None
    said: str | None = None
    while True:
        began, problem = monotonic(), None
        try:
            seen = selected.look()
        except (StoreUnavailable, TooManyRequests) as error:
            if seen is None:
                raise
            problem = error
            if (line := one_line(error)) != said:
                say_over_progress(f"{line} Asking again.", fg="yellow")
            said = line
        else:
            said = None
            there = sum(each.arrival is not Arrival.MISSING for each in seen)
            show(there, len(seen))
            if there == len(seen) or (fail_fast and any(_is_refused(each) for each in seen)):
                return seen
        left = deadline - monotonic()
        if left <= 0:
            if problem is not None:
                raise problem
            return seen
        sleep(min(left, max(_PAUSE, _SHARE * (monotonic() - began))))


def _is_refused(seen: Seen) -> bool:
    return seen.device.state is State.REJECTED
