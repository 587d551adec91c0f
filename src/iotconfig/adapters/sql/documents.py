"""The documents that devices are served: how they are read, and the statements of a change.

A row is there while the device has a document. The counter of its MAC address has the number that it had
last, so that a removed row takes no number with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Text,
    Update,
    and_,
    case,
    delete,
    exists,
    insert,
    literal_column,
    select,
    update,
)

from iotconfig.domain.documents.document import Document
from iotconfig.domain.documents.served import UsedLayer
from iotconfig.domain.mac import MacAddress

from .engine.database import Database
from .tables import document_history, documents

SERVED: Final = {
    f"document_{column.name}": column for column in documents.columns if column is not documents.c.mac_address
}
"""The columns of a document, under the names that they have in the relation of changes."""

Columns = Mapping[str, ColumnElement[Any]]

OWN: Final = ""
"""The layers of a device that no layer ever reached."""
_OWN: Final = literal_column("''", Text)
_NO_LONGER: Final = literal_column("'[]'", Text)
"""The layers of a device that one has reached, and none does any more."""


@frozen
class SqlDocuments:
    """`Documents` over one database, which has a shorter way for them than for all else."""

    _database: Database

    def get(self, mac_address: MacAddress) -> Document | None:
        found = self._database.document(mac_address.canonical)
        return None if found is None else Document(*found)


@lru_cache(maxsize=64)
def layers_text(layers: tuple[UsedLayer, ...]) -> str:
    """The layers of a document, as its column stores them. Kept: many devices have the same."""
    if not layers:
        return OWN
    return json.dumps([[each.name, each.revision] for each in layers], separators=(",", ":"))


def layers_in(text: str) -> tuple[UsedLayer, ...]:
    """The layers that a column names."""
    return tuple(UsedLayer(*each) for each in json.loads(text)) if text else ()


def add_documents(new: Columns) -> Insert:
    """Serve devices that had no document."""
    layers = new["document_layers"]
    was_followed = exists().where(document_history.c.mac_address == new["mac_address"])
    values = {
        "mac_address": new["mac_address"],
        **_values(new),
        "layers": case((and_(layers == _OWN, was_followed), _NO_LONGER), else_=layers),
    }
    return insert(documents).from_select([*values], select(*values.values()))


def replace_documents(changed: Columns) -> Update:
    """Serve devices another document than before."""
    layers = changed["document_layers"]
    was_followed = and_(layers == _OWN, documents.c.layers != _OWN)
    values = {**_values(changed), "layers": case((was_followed, _NO_LONGER), else_=layers)}
    return update(documents).where(documents.c.mac_address == changed["mac_address"]).values(values)


def replace_own_documents(changed: Columns) -> Update:
    """Serve devices that no layer ever reached another content."""
    values = {name: value for name, value in _values(changed).items() if name not in ("layers", "rule")}
    return update(documents).where(documents.c.mac_address == changed["mac_address"]).values(values)


def remove_documents(mac_address: ColumnElement[Any]) -> Delete:
    """End the documents of devices."""
    return delete(documents).where(documents.c.mac_address.in_(select(mac_address)))


def _values(changed: Columns) -> dict[str, ColumnElement[Any]]:
    return {column.name: changed[name] for name, column in SERVED.items()}
