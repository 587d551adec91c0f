"""The use cases of evidence: recording what devices show and say, and reading the state of devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import evolve, field, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import AuthenticationRequired
from iotconfig.domain.mac import MacAddress, mac_address_of
from iotconfig.domain.paging import MAX_PAGE, all_items, check_limit

from .evidence import Evidence, Proof
from .incoming_ports import LastMessageStore
from .news import DeviceNews
from .observed import ObservedDevice
from .past import PastPage, PastQuery
from .ports import EvidenceStore
from .reports import Report, is_outdated
from .state import Wanted
from .status import LISTED, DevicePage, DeviceQuery, DeviceStatus, FormerPage
from .tokens import DeviceTokenStore

_AT_ONCE: Final = 200
"""Devices that are read at a time."""


def _never_yield() -> None:
    """Do nothing: this thread is not shared."""


@frozen
class DeviceService:
    """Records evidence about devices, and reads their states. All methods may raise `StoreUnavailable`."""

    evidence: EvidenceStore
    clock: Clock
    tokens: DeviceTokenStore | None = None
    """The tokens of devices: evidence about a device with a token is kept only if it came with that token. None: tokens are off."""
    catch_up: Callable[[], None] | None = None
    """Brings stored states up to date before they are read; None where the leader's job does it, or states are not stored."""

    yield_turn: Callable[[], None] = _never_yield
    """Called now and then while a long page is read, to let the other requests of a thread run."""
    messages: LastMessageStore | None = None
    """What devices said last over the broker; None where it is not known."""

    write: Callable[[Sequence[Evidence]], None] = field()
    """`evidence.write`, or what measures it."""

    @write.default
    def _write_plainly(self) -> Callable[[Sequence[Evidence]], None]:
        return self.evidence.write

    def record(self, sightings: Sequence[Evidence]) -> None:
        """Store what was seen in fetches."""
        without_proof = [each.mac_address for each in sightings if each.proof is Proof.NONE]
        owners = self._owners(without_proof)
        self.write(
            [each for each in sightings if each.proof is not Proof.NONE or each.mac_address not in owners]
        )

    def report(
        self,
        mac_address: MacAddress | str,
        wanted: Document,
        report: Report,
        source: str = "",
        proof: Proof = Proof.NONE,
    ) -> bool:
        """Store a report of a device. Returns False for one that is older than the last one, by its number: it changes nothing.

        mac_address: text in any spelling is accepted.
        wanted: the document that the device is served now.
        source: the address that it came from; empty where unknown.
        proof: what shows that the report is the device's own.

        Raises `AuthenticationRequired` for a report without proof about a device that has a token.
        """
        mac_address = mac_address_of(mac_address)
        if proof is Proof.NONE and self._owners([mac_address]):
            raise AuthenticationRequired(
                "This device has a token: send the report with it, as 'Authorization: Bearer iotd_…'."
            )
        known = self.evidence.find(mac_address)
        if known is not None and is_outdated(report, known.newest):
            return False
        served = Wanted(wanted.number, wanted.etag)
        self.write([report.as_evidence(mac_address, served, self.clock(), source, proof)])
        return True

    def get(self, mac_address: MacAddress | str) -> DeviceStatus | None:
        """Return a device with its evidence; None where it has no document. Text in any spelling is accepted."""
        found = self.evidence.find(mac_address_of(mac_address))
        if found is None:
            return None
        (found,) = self._with_presence([found])
        return evolve(found.status(self.clock()), evidence=found.evidence())

    def find(self, query: DeviceQuery) -> DevicePage:
        """Return one page of the devices that match, sorted by MAC address.

        A list by `state`, `overdue` or `firmware` may be 2 s behind a change of a document; the devices on it are shown as they are.
        """
        if self.catch_up is not None:
            self.catch_up()
        now = self.clock()
        counts = self.evidence.counts(query, now) if query.count else None
        devices: list[DeviceStatus] = []
        after, left = query.after, query.limit
        while left:
            page = self.evidence.page(evolve(query, after=after, limit=min(left, _AT_ONCE)), now)
            devices += [device.status(now) for device in self._with_presence(page.devices)]
            after = page.next
            if after is None:
                break
            left -= min(left, _AT_ONCE)
            self.yield_turn()
        return DevicePage(tuple(devices), after, counts, now)

    def all(self, query: DeviceQuery | None = None) -> Iterator[DeviceStatus]:
        """Yield all devices that match, sorted by MAC address, page by page.

        query: `after` and `limit` are those of the first page, and of each page; nothing is counted.
        """
        first = evolve(query or DeviceQuery(limit=MAX_PAGE), count=False)
        return all_items(lambda after: self.find(first if after is None else evolve(first, after=after)))

    def former(self, after: MacAddress | None = None, limit: int = LISTED) -> FormerPage:
        """Return a page of the MAC addresses that had a document, sorted; it may be 2 s behind a change."""
        check_limit(None, None, limit)
        if self.catch_up is not None:
            self.catch_up()
        return self.evidence.former(after, limit)

    def past(self, query: PastQuery) -> PastPage:
        """Return a page of the changes of a device's state, the newest first; empty where none is known."""
        return self.evidence.past(query)

    def news(self, after: int | None, limit: int) -> DeviceNews[DeviceStatus]:
        """Return the devices whose stored state has changed since an earlier call, as `EvidenceStore.news` finds them."""
        if self.catch_up is not None:
            self.catch_up()
        found, now = self.evidence.news(after, limit), self.clock()
        return DeviceNews(
            found.mark,
            [device.status(now) for device in self._with_presence(found.devices)],
            found.are_too_many,
        )

    def _with_presence(self, devices: Sequence[ObservedDevice]) -> Sequence[ObservedDevice]:
        """The devices, with what they said last about their connections."""
        if self.messages is None or not devices:
            return devices
        said = self.messages.of([device.mac_address for device in devices])
        return [
            evolve(device, presence=said[device.mac_address].presence)
            if device.mac_address in said
            else device
            for device in devices
        ]

    def _owners(self, mac_addresses: Sequence[MacAddress]) -> frozenset[MacAddress]:
        """Those of these devices that have a token."""
        if self.tokens is None or not mac_addresses:
            return frozenset()
        return self.tokens.owners(mac_addresses)
