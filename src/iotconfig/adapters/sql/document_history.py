"""What devices were served, in SQL: written with each document of a device that a layer reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    Connection,
    Row,
    Text,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
)

from iotconfig.domain.configs.document_history import DocumentRecord
from iotconfig.domain.mac import MacAddress

from .documents import Columns, layers_in
from .engine.dialects import insert_into
from .tables import document_history

_columns = document_history.c
_OF_DEVICE: Final = (
    select(document_history)
    .where(_columns.mac_address == bindparam("key"))
    .order_by(_columns.number.desc())
    .limit(bindparam("limit"))
)
_BEFORE: Final = _OF_DEVICE.where(_columns.number < bindparam("before"))
_EMPTY: Final = literal_column("''", Text)


def follow(dialect: str, changed: Columns, write: Columns) -> Any:
    """Add the documents of changed devices that a layer reaches, or once reached. A number that is there stays as it is.

    changed: the columns of the changes; with `replaces`, of both boards of a swap.
    write: the values that all of them share.
    """
    values = {
        "mac_address": changed["mac_address"],
        "number": changed["document_number"],
        "etag": changed["document_etag"],
        "config_id": changed["config_id"],
        "own_revision": changed["revision"],
        # Nothing reaches a board that is served nothing.
        "layers": case((changed["document_etag"].is_(None), _EMPTY), else_=changed["document_layers"]),
        "rule": changed["document_rule"],
        "change": write["change"],
        "created_at": changed["updated_at"],
    }
    boards = [changed[name] for name in ("mac_address", "replaces") if name in changed]
    followed = document_history.alias("followed")
    was_followed = exists().where(or_(*(followed.c.mac_address == board for board in boards)))
    rows = select(*values.values()).where(or_(changed["document_layers"] != _EMPTY, was_followed))
    return (
        insert_into(dialect, document_history)
        .from_select([*values], rows)
        .on_conflict_do_nothing(index_elements=[_columns.mac_address, _columns.number])
    )


@frozen
class SqlDocumentHistoryReader:
    """`DocumentHistoryReader` over one connection."""

    _connection: Connection

    def find(self, mac_address: MacAddress, before: int | None, limit: int) -> Sequence[DocumentRecord]:
        values = {"key": str(mac_address), "limit": max(0, limit)}
        if before is None:
            rows = self._connection.execute(_OF_DEVICE, values)
        else:
            rows = self._connection.execute(_BEFORE, {**values, "before": before})
        return [_record_of(row) for row in rows]


def _record_of(row: Row[Any]) -> DocumentRecord:
    return DocumentRecord(
        MacAddress(row.mac_address),
        row.number,
        row.etag,
        row.config_id,
        row.own_revision,
        layers_in(row.layers),
        row.rule,
        row.created_at,
        row.change,
    )
