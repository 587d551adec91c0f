"""What operators are shown of devices: one device, and a page of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from iotconfig.domain.arguments import check_flag, check_kind
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter, check_new_model
from iotconfig.domain.configs.query import check_text, tag_filter_of
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress, optional_mac_address
from iotconfig.domain.paging import check_limit
from iotconfig.domain.text import is_storable

from .evidence import Evidence
from .state import State

LISTED: Final = 100
"""Devices on a page, unless a query says otherwise."""
COUNTED: Final = 10_000
"""Devices that are counted where counts are not kept."""


def _check_overdue(_query: object, _attribute: object, value: bool | None) -> None:  # noqa: FBT001 (attrs calls it)
    if value is not None:
        check_kind(value, bool, "overdue is True, False, or None for all")


def _check_firmware(_query: object, _attribute: object, text: str | None) -> None:
    if text is None:
        return
    check_kind(text, str, "The firmware of a query is a str")
    if not is_storable(text):
        raise ValidationFailed("The firmware contains a NUL, or a lone surrogate.", parameter="firmware")


def _state_of(given: State | str | None) -> State | None:
    if given is None:
        return None
    check_kind(given, str, "The state of a query is a DeviceState or a str")
    try:
        return State(given)
    except ValueError:
        raise ValidationFailed(f"State must be one of {', '.join(State)}.", parameter="state") from None


@frozen
class DeviceQuery:
    """A filter of devices, and a page of the result; pages are sorted by MAC address."""

    state: State | None = field(default=None, converter=_state_of)
    """Only devices in this state (or its word); None for all."""
    overdue: bool | None = field(default=None, validator=_check_overdue)
    """Only devices that are overdue, or only those that are not; None for all."""
    tags: TagFilter = field(default=ANY_TAGS, converter=tag_filter_of)
    """Only devices with these tags; given as `TagFilter`, or as its words, such as `["floor-3", "!old"]`."""
    firmware: str | None = field(default=None, validator=_check_firmware)
    """Only devices that named this firmware last, exactly; None for all."""
    text: str | None = field(default=None, validator=check_text)
    """Substring of device name or entity id, taken literally, or of the MAC address in any spelling; any case."""
    after: MacAddress | None = field(default=None, converter=optional_mac_address)
    """Only devices after this MAC address (or its text): the `next` of the previous page."""
    limit: int = field(default=LISTED, validator=check_limit)
    """Devices on the page, 1 to 1000."""
    count: bool = field(default=True, validator=check_flag)
    """Whether to count devices by state."""
    model: str | None = field(default=None, validator=optional(check_new_model))
    """Only devices of this model; None for all."""


@frozen
class DeviceCounts:
    """How many devices are in each state, and how many are overdue."""

    by_state: Mapping[State, int]
    """Every state is there."""
    overdue: int
    more: bool = False
    """Whether there are more than the 10,000 that were counted."""

    @property
    def total(self) -> int:
        """All devices that were counted."""
        return sum(self.by_state.values())


@frozen
class DeviceStatus:
    """A device, and how what it has compares with what it is to have, at one moment."""

    mac_address: MacAddress
    device_name: str | None
    state: State
    overdue: bool
    """Whether it has been silent for longer than it is expected to."""
    why: str
    """One sentence that explains the state."""
    wanted: int
    """The number of the document that it is served now."""
    held: int | None
    """The number of the document that it runs; None where that is unknown."""
    last_seen: datetime | None
    """Its newest sign of life, accurate to a minute; None where there is none."""
    firmware: str | None = None
    """The firmware that it named last; None where it never named one."""
    tags: tuple[str, ...] = ()
    """Sorted."""
    note: str | None = None
    online: bool | None = None
    """Whether it is connected to the broker; None where it never said so."""
    evidence: tuple[Evidence, ...] = ()
    """The newest of each kind, the newest of all first; only of a device that was asked for by its MAC address."""
    model: str | None = None
    """The name of its model; None without one."""


@frozen
class DevicePage:
    """One page of devices; iterating gives them."""

    devices: tuple[DeviceStatus, ...]
    """Sorted by MAC address. With a filter there may be fewer than the limit, or none, before the last page."""
    next: MacAddress | None
    """The `after` of the next page; None on the last."""
    counts: DeviceCounts | None
    """The devices by state over all pages, whatever the query's `state` and `overdue`; None where it asked for none."""
    as_of: datetime
    """The time of the answer."""

    def __iter__(self) -> Iterator[DeviceStatus]:
        return iter(self.devices)


@frozen
class FormerDevice:
    """A MAC address that had a document: its config was deleted, or moved to another board."""

    mac_address: MacAddress
    replaced_by: MacAddress | None
    """The board that took its place; None where the config was deleted."""
    last_seen: datetime | None
    """Its newest sign of life, accurate to a minute; None where there is none."""
    firmware: str | None
    """The firmware that it named last; None where it never named one."""


@frozen
class FormerPage:
    """One page of former devices; iterating gives them."""

    devices: tuple[FormerDevice, ...]
    """Sorted by MAC address."""
    next: MacAddress | None
    """The `after` of the next page; None on the last."""

    def __iter__(self) -> Iterator[FormerDevice]:
        return iter(self.devices)


def counts_of(devices: Iterable[DeviceStatus]) -> DeviceCounts:
    """The counts of these devices."""
    found = list(devices)
    by_state = Counter(device.state for device in found)
    return DeviceCounts({state: by_state[state] for state in State}, sum(device.overdue for device in found))
