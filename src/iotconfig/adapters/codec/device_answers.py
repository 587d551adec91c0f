"""What the routes of devices answer, and `--json` prints; read back, of a service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from attrs import frozen

from iotconfig.domain.devices.evidence import Evidence, Kind, Proof
from iotconfig.domain.devices.past import PastPage, StateChange
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import COUNTED, DevicePage, DeviceStatus, FormerDevice, FormerPage
from iotconfig.domain.devices.status import DeviceCounts as Counted
from iotconfig.domain.mac import MacAddress

from .answers import answer
from .cursors import cursor_of, mac_address_at


@answer
@frozen
class DeviceEvidence:
    """The newest evidence of one kind."""

    kind: Kind
    etag: Annotated[str, "The `ETag` of the document that it is about"]
    etag_number: Annotated[int | None, "The number of that document; null if unknown"]
    number: Annotated[int, "The number of the document that the device was to have then"]
    received_at: datetime
    source: Annotated[str, "The address that it came from; `mqtt` if the broker sent it"]
    proof: Annotated[Proof, "What shows that it is the device's own"]
    pointer: str | None = None
    reason: str | None = None
    firmware: str | None = None
    n: int | None = None

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """The answer about this evidence."""
        return cls(
            evidence.kind,
            evidence.etag,
            evidence.etag_number,
            evidence.number,
            evidence.received_at,
            evidence.source,
            evidence.proof,
            evidence.pointer,
            evidence.reason,
            evidence.firmware,
            evidence.report_number,
        )

    def evidence(self, mac_address: MacAddress) -> Evidence:
        """The evidence about this device."""
        return Evidence(
            mac_address,
            self.kind,
            self.etag,
            self.number,
            self.received_at,
            self.source,
            self.proof,
            self.etag_number,
            self.pointer,
            self.reason,
            self.firmware,
            self.n,
        )


@answer
@frozen
class Device:
    """A device, and how what it has compares with what it is to have."""

    mac_address: MacAddress
    device_name: str | None
    state: State
    overdue: Annotated[
        bool,
        "Whether it has been silent for longer than its tags let expect (`IOTCONFIG_EXPECTED_INTERVALS`)",
    ]
    why: Annotated[str, "One sentence that explains the state"]
    wanted: Annotated[int, "The number of the document that the device is served now"]
    held: Annotated[int | None, "The number of the document that the device runs; null if unknown"]
    last_seen: Annotated[
        datetime | None, "Its newest sign of life, accurate to a minute; null if there was none"
    ]
    firmware: Annotated[str | None, "The firmware that it named last in a report; null if unknown"]
    tags: Annotated[Sequence[str], "Sorted"]
    note: str | None
    online: Annotated[bool | None, "Whether it is connected to the broker; null if it never said so"]
    model: Annotated[str | None, "The name of its model; left out without one"] = None
    evidence: Annotated[
        Sequence[DeviceEvidence] | None, "The newest of each kind; only of a single device"
    ] = None

    @classmethod
    def of(cls, device: DeviceStatus, evidence: Sequence[DeviceEvidence] | None = None) -> Self:
        """The answer about this device."""
        return cls(
            device.mac_address,
            device.device_name,
            device.state,
            device.overdue,
            device.why,
            device.wanted,
            device.held,
            device.last_seen,
            device.firmware,
            device.tags,
            device.note,
            device.online,
            device.model,
            evidence,
        )

    @classmethod
    def with_evidence(cls, device: DeviceStatus) -> Self:
        """The answer about this device, which was asked for by its MAC address."""
        return cls.of(device, [DeviceEvidence.of(each) for each in device.evidence])

    def status(self) -> DeviceStatus:
        """The device."""
        return DeviceStatus(
            self.mac_address,
            self.device_name,
            self.state,
            self.overdue,
            self.why,
            self.wanted,
            self.held,
            self.last_seen,
            self.firmware,
            tuple(self.tags),
            self.note,
            self.online,
            tuple(each.evidence(self.mac_address) for each in self.evidence or ()),
            self.model,
        )


@answer
@frozen
class DeviceStateChange:
    """A change of the state of a device."""

    number: Annotated[int, "One more with each change of this device's state"]
    at: Annotated[datetime, "The time of the evidence, or when the change of the document was noticed"]
    state: Annotated[State | None, "The new state; null: it has no document any more"]
    wanted: Annotated[int | None, "The number of the document that the device was to have then"]
    evidence: Annotated[DeviceEvidence | None, "What changed the state; null where the document did"]

    @classmethod
    def of(cls, change: StateChange) -> Self:
        """The answer about this change."""
        evidence = None if change.evidence is None else DeviceEvidence.of(change.evidence)
        return cls(change.number, change.at, change.state, change.wanted, evidence)

    def change(self, mac_address: MacAddress) -> StateChange:
        """The change of this device's state."""
        evidence = None if self.evidence is None else self.evidence.evidence(mac_address)
        return StateChange(self.number, self.at, self.state, self.wanted, evidence)


@answer
@frozen
class DevicePast:
    """A page of the changes of a device's state."""

    changes: Annotated[Sequence[DeviceStateChange], "The newest first"]
    next: Annotated[str | None, "The `cursor` of the next page; null on the last"]

    @classmethod
    def of(cls, page: PastPage) -> Self:
        """The answer about this page."""
        changes = [DeviceStateChange.of(change) for change in page.changes]
        return cls(changes, None if page.next is None else str(page.next))

    def page(self, mac_address: MacAddress) -> PastPage:
        """The page about this device. Raises `ValueError` for a cursor that is none."""
        changes = tuple(each.change(mac_address) for each in self.changes)
        return PastPage(changes, None if self.next is None else int(self.next))


@answer
@frozen
class DeviceCounts:
    """How many devices are in each state, and how many are overdue."""

    never: int
    rejected: int
    in_sync: int
    drifted: int
    delivered: int
    pending: int
    overdue: Annotated[int, "Of all states"]

    @classmethod
    def of(cls, counts: Counted) -> Self:
        """The answer about these counts."""
        return cls(**{state.value: count for state, count in counts.by_state.items()}, overdue=counts.overdue)

    def counts(self, *, more: bool) -> Counted:
        """The counts. more: whether there are more devices."""
        return Counted({state: getattr(self, state.value) for state in State}, self.overdue, more)


@answer
@frozen
class Former:
    """A MAC address that had a document: its config was deleted, or moved to another board."""

    mac_address: MacAddress
    replaced_by: Annotated[
        MacAddress | None, "The board that took its place; null where the config was deleted"
    ]
    last_seen: Annotated[
        datetime | None, "Its newest sign of life, accurate to a minute; null if there was none"
    ]
    firmware: Annotated[str | None, "The firmware that it named last in a report; null if unknown"]

    @classmethod
    def of(cls, device: FormerDevice) -> Self:
        """The answer about this device."""
        return cls(device.mac_address, device.replaced_by, device.last_seen, device.firmware)

    def device(self) -> FormerDevice:
        """The device."""
        return FormerDevice(self.mac_address, self.replaced_by, self.last_seen, self.firmware)


@answer
@frozen
class Devices:
    """A page of devices."""

    devices: Annotated[Sequence[Device], "Sorted by MAC address"]
    counts: Annotated[
        DeviceCounts | None, "Over all pages, whatever `state` and `overdue` say; null with `count=false`"
    ]
    more: Annotated[bool, f"Whether there are more than the {COUNTED:,} devices that were counted"]
    next: Annotated[str | None, "The `cursor` of the next page; null on the last"]
    as_of: Annotated[datetime, "The time of the answer"]
    former: Annotated[Sequence[Former] | None, "With `former=true`, in place of `devices`"] = None

    @classmethod
    def of_former(cls, page: FormerPage, now: datetime) -> Self:
        """The answer about this page of former devices."""
        former = list(map(Former.of, page))
        return cls([], None, more=False, next=cursor_of(page.next), as_of=now, former=former)

    @classmethod
    def of(cls, page: DevicePage) -> Self:
        """The answer about this page."""
        counts = page.counts
        return cls(
            [Device.of(device) for device in page],
            None if counts is None else DeviceCounts.of(counts),
            counts is not None and counts.more,
            cursor_of(page.next),
            page.as_of,
        )

    def page(self) -> DevicePage:
        """The page. Raises `ValueError` for a cursor that is none."""
        return DevicePage(
            tuple(device.status() for device in self.devices),
            self._next(),
            None if self.counts is None else self.counts.counts(more=self.more),
            self.as_of,
        )

    def former_page(self) -> FormerPage:
        """The page of former devices. Raises `ValueError` for a cursor that is none."""
        return FormerPage(tuple(each.device() for each in self.former or ()), self._next())

    def _next(self) -> MacAddress | None:
        return None if self.next is None else mac_address_at(self.next)
