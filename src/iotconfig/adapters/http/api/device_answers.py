"""What the routes of devices answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.domain.devices.evidence import Evidence, Kind, Proof
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.state import State
from iotconfig.domain.mac import MacAddress


@answer
@frozen
class DeviceEvidence:
    """The newest evidence of one kind."""

    kind: Kind
    etag: Annotated[str, "The `ETag` of the document that it is about"]
    etag_number: Annotated[int | None, "The number of that document; null if unknown"]
    number: Annotated[int, "The number of the document that the device was to have then"]
    received_at: datetime
    source: Annotated[str, "The address that it came from"]
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


@answer
@frozen
class Device:
    """A device, and how what it has compares with what it is to have."""

    mac_address: MacAddress
    device_name: str | None
    state: State
    why: Annotated[str, "One sentence that explains the state"]
    wanted: Annotated[int, "The number of the document that the device is served now"]
    held: Annotated[int | None, "The number of the document that the device runs; null if unknown"]
    last_seen: Annotated[
        datetime | None, "Its newest sign of life, accurate to a minute; null if there was none"
    ]
    firmware: Annotated[str | None, "The firmware that it named last in a report; null if unknown"]
    evidence: Annotated[
        Sequence[DeviceEvidence] | None, "The newest of each kind; only of a single device"
    ] = None

    @classmethod
    def of(
        cls, device: ObservedDevice, now: datetime, evidence: Sequence[DeviceEvidence] | None = None
    ) -> Self:
        """The answer about this device."""
        return cls(
            device.mac_address,
            device.device_name,
            device.state,
            device.why(now),
            device.wanted.number,
            device.held,
            device.last_seen,
            device.firmware,
            evidence,
        )


@answer
@frozen
class Devices:
    """A page of devices."""

    devices: Annotated[Sequence[Device], "Sorted by MAC address"]
    next: Annotated[str | None, "The `cursor` of the next page; null on the last"]
    as_of: Annotated[datetime, "The time of the answer"]
