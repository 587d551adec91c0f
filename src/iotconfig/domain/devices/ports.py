"""The port of evidence. Its docstrings are the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from iotconfig.domain.mac import MacAddress

from .evidence import Evidence
from .observed import ObservedDevice


class EvidenceStore(Protocol):
    """Stores the newest evidence of each kind about each MAC address. All methods may raise `StoreUnavailable`.

    Writers of configs never wait for it, and it outlives the document of its device.
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

    def page(self, after: MacAddress | None, limit: int) -> Sequence[ObservedDevice]:
        """Return up to `limit` devices with a document after `after`, sorted by MAC address, with their evidence."""
        ...
