"""Changes, recorded in SQL. Each statement is written once, for one change and for a hundred thousand.

A statement is built from columns by name: for one change they are parameters (`ROW` in
`change_row.py`), for many the columns of a relation (`bulk_record.py`). What all changes of a write share is a
parameter either way (`WRITE`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import evolve
from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Select,
    String,
    Update,
    case,
    delete,
    false,
    insert,
    literal,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError

from iotconfig.domain.announcing.announcement import Kind
from iotconfig.domain.announcing.notifications import AT_ONCE
from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.errors import RecordExists

from .announcing import merging, signal_commit
from .change_log import log
from .change_row import ROW, WRITE, row_values, write_values
from .content_columns import CONTENT, DERIVED
from .document_history import follow
from .documents import (
    Columns,
    add_documents,
    remove_documents,
    replace_documents,
    replace_own_documents,
)
from .engine.dialects import ByDialect
from .engine.failures import is_mac_address_conflict
from .engine.statement_batch import Write, execute_together
from .tables import configs, notifications, revision_counters, revisions

_KIND: Final = literal_column(f"'{Kind.CONFIG.value}'", String)
"""The kind of the subject of a config's announcement. A literal: each parameter costs time."""


def advance(changed: Columns) -> Update:
    """Set the counters of the changed devices, and clear their successors, or bring back those that `undoes_creation` selects."""
    counters = revision_counters.c
    successor: ColumnElement[Any] = null()
    if "undoes_creation" in changed:
        successor = case((changed["undoes_creation"], counters.replaced_before))
    return (
        update(revision_counters)
        .where(counters.mac_address == changed["mac_address"], counters.last_revision != changed["revision"])
        .values(
            last_revision=changed["revision"],
            last_document_number=changed["document_number"],
            replaced_by=successor,
            replaced_before=counters.replaced_by,
        )
    )


def retire(changed: Columns) -> Update:
    """Set the counters of the boards that were replaced, and name their successors."""
    return (
        update(revision_counters)
        .where(revision_counters.c.mac_address == changed["replaces"])
        .values(
            last_revision=changed["revision"],
            last_document_number=changed["document_number"],
            replaced_by=changed["mac_address"],
            replaced_before=revision_counters.c.replaced_by,
        )
    )


def add(new: Columns) -> Insert:
    """Insert configs; `new` may have their ids."""
    names = ("mac_address", *CONTENT, "revision", "created_at", "updated_at")
    values = {**{name: new[name] for name in names}, "change": WRITE["change"]}
    if "config_id" in new:
        values["id"] = new["config_id"]
    return insert(configs).from_select([*values], select(*values.values()))


def replace(changed: Columns) -> Update:
    """Replace the configs with these ids. Update times never decrease, even if the clock was set back."""
    at = changed["updated_at"]
    return (
        update(configs)
        .where(configs.c.id == changed["config_id"])
        .values(
            {
                **{name: changed[name] for name in ("mac_address", *CONTENT, "revision")},
                "change": WRITE["change"],
                "updated_at": case((configs.c.updated_at > at, configs.c.updated_at), else_=at),
            }
        )
    )


def remove(gone: Columns) -> Delete:
    """Remove configs."""
    return delete(configs).where(configs.c.id.in_(select(gone["config_id"])))


def append(changed: Columns) -> Insert:
    """Write the changes into the history."""
    names = ("config_id", "mac_address", "revision", "operation", *CONTENT, *DERIVED)
    values = {
        **{name: changed[name] for name in names},
        "change": WRITE["change"],
        "author": WRITE["author"],
        "message": WRITE["message"],
        "created_at": changed["updated_at"],
    }
    return insert(revisions).from_select([*values], select(*values.values()))


def announcements(changed: Columns) -> Select[Any]:
    """One announcement for each change, at once; without an ETag, of a deletion."""
    moment = notifications.c.due_at.type
    return select(
        _KIND.label("kind"),
        changed["mac_address"].label("key"),
        WRITE["generation"].label("generation"),
        changed["document_etag"].is_not(None).label("restart_hint"),
        changed["document_number"].label("document_number"),
        changed["document_etag"].label("etag"),
        changed["updated_at"].label("updated_at"),
        WRITE["now"].label("since"),
        literal(AT_ONCE, moment).label("due_at"),
        literal_column("0").label("refusals"),
        false().label("parked"),
    )


_UNNUMBERED: Final = {name: column for name, column in ROW.items() if name != "config_id"}
_ADD: Final = add(_UNNUMBERED).returning(configs.c.id)
_LEFT: Final = {**ROW, "mac_address": ROW["replaces"], "document_etag": null()}

_ADVANCE: Final = advance(ROW)
_APPEND: Final = append(ROW)
_REPLACE: Final = replace(ROW)
_SERVE: Final = add_documents(ROW)
_EDIT: Final = (_ADVANCE, _REPLACE, replace_own_documents(ROW), _APPEND)
"""Of a device that no layer ever reached: it has no history of documents."""
_EDIT_FOLLOWED: Final = (_ADVANCE, _REPLACE, replace_documents(ROW), _APPEND)
_STORE: Final[Mapping[Operation, tuple[Write, ...]]] = {
    Operation.CREATE: (_ADVANCE, _SERVE, _APPEND),
    Operation.UPDATE: _EDIT_FOLLOWED,
    Operation.ROLLBACK: _EDIT_FOLLOWED,
    Operation.CLEAR: _EDIT_FOLLOWED,
    Operation.DELETE: (_ADVANCE, remove(ROW), remove_documents(ROW["mac_address"]), _APPEND),
    Operation.RESTORE: (_ADVANCE, add(ROW), _SERVE, _APPEND),
    Operation.REPLACE_DEVICE: (
        _ADVANCE,
        retire(ROW),
        _REPLACE,
        remove_documents(ROW["replaces"]),
        _SERVE,
        _APPEND,
    ),
}
_EDITS: Final = frozenset({Operation.UPDATE, Operation.ROLLBACK})
_UNDO_CREATION: Final[tuple[Write, ...]] = (
    advance({**ROW, "undoes_creation": true()}),
    *_STORE[Operation.DELETE][1:],
)
_ALONE: Final = {name: column for name, column in ROW.items() if name != "replaces"}
_TELL: Final = ByDialect(lambda name: (log(name, ROW, WRITE), merging(name, announcements(ROW))))
"""What logs and announces the change of a device."""
_TELL_LEFT: Final = ByDialect(lambda name: (log(name, _LEFT, WRITE), merging(name, announcements(_LEFT))))
"""The same for a board that was replaced."""
_FOLLOW: Final = ByDialect(lambda name: follow(name, _ALONE, WRITE))
_FOLLOW_SWAP: Final = ByDialect(
    lambda name: (follow(name, ROW, WRITE), follow(name, {**_LEFT, "replaces": ROW["mac_address"]}, WRITE))
)


def _records(dialect: str) -> Mapping[tuple[Operation, bool], tuple[Write, ...]]:
    return {
        (operation, undoes_creation): (*statements, _FOLLOW[dialect], *_TELL[dialect])
        for operation, undoes_creation, statements in (
            *((operation, False, statements) for operation, statements in _STORE.items()),
            (Operation.DELETE, True, _UNDO_CREATION),
        )
    }


_RECORD: Final = ByDialect(_records)
_RECORD_EDIT: Final[ByDialect[tuple[Write, ...]]] = ByDialect(lambda dialect: (*_EDIT, *_TELL[dialect]))


def record(connection: Connection, change: Change, change_id: str, note: ChangeNote, now: datetime) -> Config:
    """Store one change, and return its config."""
    values = {**row_values(change), **write_values(change_id, note, now)}
    config = evolve(change.stored_config(), change=change_id)
    dialect = connection.dialect.name
    if change.operation is Operation.CREATE:
        config = evolve(config, id=_added(connection, config, values))
        values["new_config_id"] = config.id
    if change.replaces is None:
        execute_together(connection, _statements(change, dialect), values)
        signal_commit(connection)
        return config
    # The history first: it looks whether the boards have one.
    execute_together(connection, _FOLLOW_SWAP[dialect], values)
    execute_together(connection, _STORE[change.operation], values)
    both = [_TELL[dialect], _TELL_LEFT[dialect]]
    # In the order in which the relay locks the announcements.
    for statements in both if config.mac_address < change.replaces else reversed(both):
        execute_together(connection, statements, values)
    signal_commit(connection)
    return config


def _statements(change: Change, dialect: str) -> tuple[Write, ...]:
    """What stores a change of one board."""
    if change.operation in _EDITS and not change.is_followed:
        found = _RECORD_EDIT[dialect]
    else:
        found = _RECORD[dialect][change.operation, change.undoes_creation]
    # The last one announces it.
    return found if change.is_announced else found[:-1]


def _added(connection: Connection, config: Config, values: Mapping[str, object]) -> int:
    try:
        return int(connection.execute(_ADD, values).scalar_one())
    except IntegrityError as error:
        if is_mac_address_conflict(error):
            raise RecordExists(config.mac_address) from error
        raise
