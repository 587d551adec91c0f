"""The ports of evidence and of stored states. Their docstrings are the contracts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from iotconfig.domain.mac import MacAddress

from .evidence import Evidence
from .news import DeviceNews
from .observed import ObservedDevice
from .past import PastPage, PastQuery
from .status import DeviceCounts, DeviceQuery, FormerPage


@frozen
class ObservedPage:
    """One page of devices, as a store finds them."""

    devices: Sequence[ObservedDevice]
    """Sorted by MAC address."""
    next: MacAddress | None
    """The `after` of the next page; None on the last."""


class EvidenceStore(Protocol):
    """Stores the newest evidence of each kind about each MAC address. All methods may raise `StoreUnavailable`.

    Writers of configs never wait for it, and it outlives the document of its device. It knows how often
    devices are expected to show a sign of life (`ExpectedIntervals`); if it does not, none is overdue.
    """

    def write(self, batch: Sequence[Evidence]) -> None:
        """Store what is newer than what is stored, by its rank, in one transaction.

        In whatever order, and by however many writers, the same evidence ends in the same state. What `is_worth_writing`
        says is not worth it is not written. Evidence that names the stored ETag without its number
        keeps that number. Raises `StoreFull`.
        """
        ...

    def find(self, mac_address: MacAddress) -> ObservedDevice | None:
        """Return this device, with its evidence; None where it has no document."""
        ...

    def find_all(self, mac_addresses: Collection[MacAddress]) -> Sequence[ObservedDevice]:
        """Return those of these devices that have a document, with their evidence."""
        ...

    def page(self, query: DeviceQuery, now: datetime) -> ObservedPage:
        """Return a page of the devices with a document that match, sorted by MAC address, with their evidence.

        Each device matches by what it is now. A store may find devices by states that it has stored; those may be 2 s
        behind a change of the document. Then a page can be shorter than its limit.
        """
        ...

    def counts(self, query: DeviceQuery, now: datetime) -> DeviceCounts:
        """Count the devices by state that match, whatever the query's `state` and `overdue`.

        The counts are exact without other filters, and where one tag to have is the only filter. Otherwise
        it may stop after `COUNTED` devices. They may be 2 s behind a change of a document.
        """
        ...

    def former(self, after: MacAddress | None, limit: int) -> FormerPage:
        """Return a page of the former devices after a MAC address. It may be 2 s behind a change."""
        ...

    def past(self, query: PastQuery) -> PastPage:
        """Return a page of the changes of a device's state, of which the newest `past.KEPT` are kept."""
        ...

    def news(self, after: int | None, limit: int) -> DeviceNews[ObservedDevice]:
        """Return the devices whose stored state was written since an earlier call, at most `limit`.

        What is stored changes with the state, with whether the device is overdue, with its firmware and its tags; not with
        each sign of life. News may be half a second late, and news of a transaction that takes longer may be missed.

        after: the mark that the earlier call returned; None to begin, without devices.
        """
        ...

    def prunable(self, older_than: datetime) -> int:
        """Return how many changes of states were made before this time."""
        ...

    def prune(self, older_than: datetime, limit: int) -> int:
        """Remove up to `limit` of the oldest changes of states that were made before this time; return their number."""
        ...
