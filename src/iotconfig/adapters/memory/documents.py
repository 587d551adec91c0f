"""The documents of the committed state."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .state import Committed


@frozen
class MemoryDocuments:
    """`Documents` of a memory store."""

    _committed: Committed

    def get(self, mac_address: MacAddress) -> Document | None:
        return self._committed.state.documents.get(mac_address)
