"""The documents that devices are served: how they are read, and the statements of a change.

A row is there while the device has a document. The counter of its MAC address has the number that it had
last, so that a removed row takes no number with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Delete, Insert, Update, delete, insert, select, update

from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .engine.database import Database
from .tables import documents

SERVED: Final = {
    f"document_{column.name}": column for column in documents.columns if column is not documents.c.mac_address
}
"""The columns of a document, under the names that they have in the relation of changes."""

Columns = Mapping[str, ColumnElement[Any]]


@frozen
class SqlDocuments:
    """`Documents` over one database, which has a shorter way for them than for all else."""

    _database: Database

    def get(self, mac_address: MacAddress) -> Document | None:
        found = self._database.document(mac_address.canonical)
        return None if found is None else Document(*found)


def add_documents(new: Columns) -> Insert:
    """Serve devices that had no document."""
    values = {"mac_address": new["mac_address"], **_values(new)}
    return insert(documents).from_select([*values], select(*values.values()))


def replace_documents(changed: Columns) -> Update:
    """Serve devices another document than before."""
    return update(documents).where(documents.c.mac_address == changed["mac_address"]).values(_values(changed))


def remove_documents(mac_address: ColumnElement[Any]) -> Delete:
    """End the documents of devices."""
    return delete(documents).where(documents.c.mac_address.in_(select(mac_address)))


def _values(changed: Columns) -> dict[str, ColumnElement[Any]]:
    return {column.name: changed[name] for name, column in SERVED.items()}
