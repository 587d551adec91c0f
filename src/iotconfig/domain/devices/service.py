"""The use cases of evidence: recording what devices show and say, and reading the state of devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import AuthenticationRequired
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE

from .evidence import Evidence, Proof
from .observed import DevicePage, DeviceQuery, ObservedDevice
from .ports import EvidenceStore
from .reports import Report, is_outdated
from .tokens import DeviceTokenStore

_PAGES_READ: Final = 10
"""Pages of 1,000 devices that one filtered list reads at most."""


@frozen
class DeviceService:
    """Records evidence about devices, and reads their states. All methods may raise `StoreUnavailable`."""

    evidence: EvidenceStore
    clock: Clock
    tokens: DeviceTokenStore | None = None
    """The tokens of devices: evidence about a device with a token is kept only if it came with that token. None: tokens are off."""

    def record(self, sightings: Sequence[Evidence]) -> None:
        """Store what was seen in fetches."""
        without_proof = [each.mac_address for each in sightings if each.proof is Proof.NONE]
        owners = self._owners(without_proof)
        self.evidence.write(
            [each for each in sightings if each.proof is not Proof.NONE or each.mac_address not in owners]
        )

    def report(
        self,
        mac_address: MacAddress,
        wanted: Document,
        report: Report,
        source: str = "",
        proof: Proof = Proof.NONE,
    ) -> None:
        """Store a report of a device. One that is older than the last one, by its number, changes nothing.

        wanted: the document that the device is served now.

        Raises `AuthenticationRequired` for a report without proof about a device that has a token.
        """
        if proof is Proof.NONE and self._owners([mac_address]):
            raise AuthenticationRequired(
                "This device has a token: send the report with it, as 'Authorization: Bearer iotd_…'."
            )
        known = self.evidence.find(mac_address)
        if known is not None and is_outdated(report, known.newest):
            return
        self.evidence.write(
            [
                Evidence(
                    mac_address,
                    report.kind,
                    report.etag,
                    wanted.number,
                    self.clock(),
                    source,
                    proof,
                    wanted.number if report.etag == wanted.etag else None,
                    report.pointer,
                    report.reason,
                    report.firmware,
                    report.number,
                )
            ]
        )

    def get(self, mac_address: MacAddress) -> ObservedDevice | None:
        """Return a device with its evidence; None where it has no document."""
        return self.evidence.find(mac_address)

    def find(self, query: DeviceQuery) -> DevicePage:
        """Return one page of the devices that match, sorted by MAC address.

        With a filter, it reads at most 10,000 devices: a page may then be shorter than its limit, and not the last.
        """
        found: list[ObservedDevice] = []
        after, size = query.after, query.limit if query.state is None else MAX_PAGE
        for _ in range(_PAGES_READ):
            page = self.evidence.page(after, size + 1)
            for device in page[:size]:
                after = device.mac_address
                if query.state is None or device.state is query.state:
                    found.append(device)
                if len(found) == query.limit:
                    return DevicePage(tuple(found), None if device is page[-1] else after)
            if len(page) <= size:
                return DevicePage(tuple(found), None)
        return DevicePage(tuple(found), after)

    def _owners(self, mac_addresses: Sequence[MacAddress]) -> frozenset[MacAddress]:
        """Those of these devices that have a token."""
        if self.tokens is None or not mac_addresses:
            return frozenset()
        return self.tokens.owners(mac_addresses)
