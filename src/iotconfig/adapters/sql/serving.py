"""Other documents of many devices, stored with one statement for each table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    literal_column,
    select,
    update,
)
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from iotconfig.domain.configs.query import search_text
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.configs.served_anew import ServedAnew

from .announcing import merging, signal_commit
from .change_log import DOCUMENT, log
from .change_row import WRITE, write_values
from .changes import announcements
from .content_columns import derived_columns
from .document_history import follow
from .documents import layers_text, replace_documents
from .engine.dialects import ByDialect
from .given_rows import given_relation
from .tables import configs, revision_counters

_ROW: Final[Mapping[str, TypeEngine[Any]]] = {
    "mac_address": Text(),
    "config_id": BigInteger(),
    "document_number": BigInteger(),
    "document_etag": Text(),
    "document_layers": Text(),
    "document_rule": Integer(),
}
_DOCUMENT: Final[Mapping[str, TypeEngine[Any]]] = {
    **_ROW,
    "document_device_name": Text(),
    "document_device_entity_id": Text(),
    "document_enable_ota": Boolean(),
    "document_search_text": Text(),
    "document_body": Text(),
}
_NEW_DOCUMENTS: Final = Table(
    "new_documents",
    MetaData(),
    *(Column(name, kind) for name, kind in _DOCUMENT.items()),
    prefixes=["TEMPORARY"],
)
"""The documents of a statement, on SQLite: as JSON, each statement would read the whole text again."""
_CREATE: Final = CreateTable(_NEW_DOCUMENTS, if_not_exists=True)
_CLEAR: Final = delete(_NEW_DOCUMENTS)
_FILL: Final = f"INSERT INTO {_NEW_DOCUMENTS.name} VALUES ({', '.join('?' * len(_DOCUMENT))})"  # noqa: S608 - names of ours
_OPERATION: Final = literal_column(f"'{Operation.SERVE.value}'", Text)


def _given(
    dialect: str, name: str, columns: Mapping[str, TypeEngine[Any]]
) -> tuple[FromClause, Mapping[str, ColumnElement[Any]]]:
    """The documents as rows. On PostgreSQL, only one statement reads their texts."""
    if dialect == "sqlite":
        return _NEW_DOCUMENTS, dict(_NEW_DOCUMENTS.c.items())
    return given_relation(dialect, name, columns)


def _statements(dialect: str) -> Sequence[Any]:
    """What stores the documents, in the order of the addresses where rows are added."""
    rows, given = _given(dialect, "rows", _ROW)
    _, texts = _given(dialect, "texts", _DOCUMENT)
    joined = rows.join(configs, configs.c.id == given["config_id"])
    named = (column.label(name) for name, column in given.items() if name in _ROW)
    in_order = (
        select(*named, configs.c.revision, configs.c.updated_at, _OPERATION.label("operation"))
        .select_from(joined)
        .order_by(given["mac_address"])
        .subquery()
    )
    served = dict(in_order.c.items())
    made_now = {**served, "updated_at": WRITE["now"]}
    counters = revision_counters
    return (
        update(counters)
        .where(counters.c.mac_address == given["mac_address"])
        .values(last_document_number=given["document_number"]),
        replace_documents(texts),
        follow(dialect, made_now, WRITE),
        log(dialect, made_now, WRITE, DOCUMENT),
        merging(dialect, announcements(served).order_by(served["mac_address"])),
    )


_SERVE: Final = ByDialect(_statements)


def serve(
    connection: Connection, documents: Sequence[ServedAnew], change_id: str, note: ChangeNote, now: datetime
) -> None:
    """Store other documents of devices."""
    if not documents:
        return
    rows = [_row(served) for served in documents]
    values = write_values(change_id, note, now)
    dialect = connection.dialect.name
    if dialect == "sqlite":
        connection.execute(_CREATE)
        connection.execute(_CLEAR)
        connection.exec_driver_sql(_FILL, [tuple(row.values()) for row in rows])
    else:
        values["texts"] = json.dumps(rows)
        values["rows"] = json.dumps([{name: row[name] for name in _ROW} for row in rows])
    for statement in _SERVE[dialect]:
        connection.execute(statement, values)
    signal_commit(connection)


def _row(served: ServedAnew) -> dict[str, object]:
    """The columns `_DOCUMENT`."""
    config, document = served.config, served.document
    content = document.content
    return {
        "mac_address": config.mac_address.canonical,
        "config_id": config.id,
        "document_number": served.document_number,
        "document_etag": content.etag,
        "document_layers": layers_text(document.layers),
        "document_rule": document.rule,
        **{f"document_{name}": value for name, value in derived_columns(content).items()},
        "document_search_text": search_text(
            config.mac_address, content.device_name, content.device_entity_id
        ),
        "document_body": content.text,
    }
