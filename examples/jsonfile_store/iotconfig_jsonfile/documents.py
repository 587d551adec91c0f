"""The documents that devices fetch."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .file import RecordsFile


@frozen
class JsonFileDocuments:
    """`Documents` of one file, which each call reads."""

    _file: RecordsFile

    def get(self, mac_address: MacAddress) -> Document | None:
        return self._file.read().documents.get(mac_address)
