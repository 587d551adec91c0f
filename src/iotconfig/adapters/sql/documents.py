"""`Documents` over a database, which has a shorter way for them than for all else."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .engine.database import Database


@frozen
class SqlDocuments:
    """`Documents` over one database."""

    _database: Database

    def get(self, mac_address: MacAddress) -> Document | None:
        found = self._database.document(mac_address.canonical)
        return None if found is None else Document(*found)
