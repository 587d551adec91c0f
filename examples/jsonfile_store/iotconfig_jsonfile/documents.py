"""The documents that devices fetch."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .configs import JsonFileConfigReader
from .file import RecordsFile


@frozen
class JsonFileDocuments:
    """`Documents` of one file, which each call reads."""

    _file: RecordsFile

    def get(self, mac_address: MacAddress) -> Document | None:
        config = JsonFileConfigReader(self._file.read()).get_by_mac(mac_address)
        return None if config is None else Document(bytes(config.content), config.content.etag)
