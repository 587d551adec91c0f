"""The documents of the committed state."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .configs import MemoryConfigReader
from .state import Committed


@frozen
class MemoryDocuments:
    """`Documents` of a memory store."""

    _committed: Committed

    def get(self, mac_address: MacAddress) -> Document | None:
        config = MemoryConfigReader(self._committed.state).get_by_mac(mac_address)
        return None if config is None else Document(bytes(config.content), config.content.etag)
