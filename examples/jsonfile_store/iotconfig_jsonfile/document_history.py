"""What devices were served."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from iotconfig.domain.configs.document_history import DocumentRecord
from iotconfig.domain.mac import MacAddress

from .records import Records


@frozen
class JsonFileDocumentHistoryReader:
    """`DocumentHistoryReader` over one block's records."""

    _records: Records

    def find(self, mac_address: MacAddress, before: int | None, limit: int) -> Sequence[DocumentRecord]:
        rows = reversed(self._records.document_history.get(mac_address, []))
        return [row for row in rows if before is None or row.number < before][: max(0, limit)]
