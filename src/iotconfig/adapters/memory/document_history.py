"""The history of documents over one state."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from iotconfig.domain.configs.document_history import DocumentRecord
from iotconfig.domain.mac import MacAddress

from .state import State


@frozen
class MemoryDocumentHistoryReader:
    """`DocumentHistoryReader` over one state."""

    _state: State

    def find(self, mac_address: MacAddress, before: int | None, limit: int) -> Sequence[DocumentRecord]:
        rows = reversed(self._state.document_history.get(mac_address, ()))
        return [row for row in rows if before is None or row.number < before][: max(0, limit)]
