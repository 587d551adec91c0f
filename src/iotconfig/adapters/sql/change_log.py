"""The change log in SQL: each write adds its rows; positions follow the order of commits.

On SQLite one writer runs at a time, so that the write itself gives the positions. On PostgreSQL a
number that is drawn inside a transaction is not in the order of commits: a reader may
see 8 while 7 is still to be committed. So rows are inserted without a position, and a reader that
finds such rows numbers them, under one lock. It sees committed rows only: a long transaction delays
no others, and its rows are numbered when it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Row,
    String,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from iotconfig.domain.announcing.announcement import Subject
from iotconfig.domain.configs.change_log import ChangeKind, LoggedChange
from iotconfig.domain.configs.label_differences import ModelDifference, NoteDifference, TagDifference
from iotconfig.domain.configs.revisions import Operation

from .engine.database import Database
from .tables import changes, label_changes

_LOCK_KEY: Final = 0x696F7463686E6773
"""`iotchngs` in ASCII: the number of the advisory lock in a PostgreSQL database."""

_NUMBERED_AT_ONCE: Final = 10_000
"""Maximum number of rows to which one transaction gives positions."""

CONFIG: Final = literal_column(f"'{ChangeKind.CONFIG.value}'", String)
"""The kind of a config's change. A literal: each parameter costs time."""
TAGS: Final = literal_column(f"'{ChangeKind.TAGS.value}'", String)
"""The kind of a change of tags."""
LAYER: Final = literal_column(f"'{ChangeKind.LAYER.value}'", String)
"""The kind of a change of a layer."""
DOCUMENT: Final = literal_column(f"'{ChangeKind.DOCUMENT.value}'", String)
"""The kind of a change of the document only."""
MODEL: Final = literal_column(f"'{ChangeKind.MODEL.value}'", String)
"""The kind of a change of a model."""
DIFFERENCES: Final = (
    "tags_added",
    "tags_removed",
    "note_before",
    "note_after",
    "model_before",
    "model_after",
)
"""The columns of what a change of tags did."""

_columns = changes.c
_LAST: Final = select(func.coalesce(func.max(_columns.position), 0)).scalar_subquery()
_SINCE: Final = (
    select(changes)
    .where(_columns.position > bindparam("position_"))
    .order_by(_columns.position)
    .limit(bindparam("limit_"))
)
_OLDEST: Final = select(func.coalesce(func.min(_columns.position), 0))
_NEWEST: Final = select(_LAST)
_IS_ANY_WAITING: Final = select(exists().where(_columns.position.is_(None)))
_LOCK: Final = select(func.pg_advisory_xact_lock(_LOCK_KEY))


def _number() -> Any:
    """Give the next positions to rows that have none, in the order in which they were inserted."""
    waiting = (
        select(_columns.id)
        .where(_columns.position.is_(None))
        .order_by(_columns.id)
        .limit(_NUMBERED_AT_ONCE)
        .subquery()
    )
    number = func.row_number().over(order_by=waiting.c.id)
    numbered = select(waiting.c.id, (_LAST + number).label("position")).subquery()
    return update(changes).where(_columns.id == numbered.c.id).values(position=numbered.c.position)


_NUMBER: Final = _number()


def _prunable() -> Any:
    """The positions of a page above `after_` that may be removed: below the first young change, or the newest one."""
    is_young = _columns.created_at >= bindparam("older_than", type_=_columns.created_at.type)
    page = (
        select(_columns.position, case((is_young, _columns.position)).label("young"))
        .where(_columns.position > bindparam("after_"))
        .order_by(_columns.position)
        .limit(bindparam("limit_"))
        .subquery()
    )
    first_young = func.min(page.c.young).over()
    page = select(page.c.position, func.coalesce(first_young, _LAST).label("end")).subquery()
    return select(page.c.position).where(page.c.position < page.c.end)


_PRUNABLE: Final = _prunable()
_COUNT_PRUNABLE: Final = select(func.count()).select_from(_PRUNABLE.subquery())
_PRUNE: Final = delete(changes).where(_columns.position.in_(_PRUNABLE))
_PRUNE_LABELS: Final = delete(label_changes).where(
    label_changes.c.created_at < select(func.min(_columns.created_at)).scalar_subquery()
)


def log(
    dialect: str,
    changed: Mapping[str, ColumnElement[Any]],
    write: Mapping[str, ColumnElement[Any]],
    kind: ColumnElement[str] = CONFIG,
    more: Sequence[str] = (),
) -> Insert:
    """Add changes to the log, by default those of configs.

    changed: the columns of the changes.
    write: the values that all of them share.
    more: further columns among `changed`, which not every kind has.
    """
    values: dict[str, ColumnElement[Any]] = {
        "change": write["change"],
        "kind": kind,
        "subject": changed["mac_address"],
        "operation": changed["operation"],
        "revision": changed["revision"],
        "author": write["author"],
        "message": write["message"],
        "created_at": changed["updated_at"],
        **{name: changed[name] for name in more},
    }
    if dialect == "sqlite":
        values["position"] = _LAST + func.row_number().over()
    return insert(changes).from_select([*values], select(*values.values()))


def changes_since(database: Database, position: int, limit: int) -> Sequence[LoggedChange]:
    """`ChangeLog.changes_since`."""
    with reading(database) as connection:
        rows = connection.execute(_SINCE, {"position_": position, "limit_": _bounded(limit)}).all()
    return [change_of(row) for row in rows]


def oldest_position(database: Database) -> int:
    """`ChangeLog.oldest_position`."""
    with reading(database) as connection:
        return int(connection.execute(_OLDEST).scalar_one())


def newest_position(database: Database) -> int:
    """`ChangeLog.newest_position`."""
    with reading(database) as connection:
        return int(connection.execute(_NEWEST).scalar_one())


def prunable_changes(database: Database, older_than: datetime, after: int, limit: int) -> int:
    """`ChangeLog.prunable_changes`."""
    values = {"older_than": older_than, "after_": after, "limit_": _bounded(limit)}
    with reading(database) as connection:
        return int(connection.execute(_COUNT_PRUNABLE, values).scalar_one())


def prune_changes(database: Database, older_than: datetime, limit: int) -> int:
    """`ChangeLog.prune_changes`.

    On PostgreSQL no row may have a position yet, where nothing has read the log. So they are numbered
    first. Rows that are committed later have no position, and stay.
    """
    values = {"older_than": older_than, "after_": 0, "limit_": _bounded(limit)}
    _number_waiting(database)
    with database.writing() as connection:
        pruned = connection.execute(_PRUNE, values).rowcount
        connection.execute(_PRUNE_LABELS)
        return pruned


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """Read the log, in which every row that was committed before the call has a position."""
    _number_waiting(database)
    with database.reading() as connection:
        yield connection


def _number_waiting(database: Database) -> None:
    """Number all rows that were committed before the call."""
    with database.reading() as connection:
        is_any_waiting = connection.execute(_IS_ANY_WAITING).scalar_one()
    if not is_any_waiting:
        return
    numbered = _NUMBERED_AT_ONCE
    while numbered == _NUMBERED_AT_ONCE:
        with database.writing() as connection:
            connection.execute(_LOCK)
            numbered = connection.execute(_NUMBER).rowcount


def _bounded(limit: int) -> int:
    """A limit for both databases: PostgreSQL refuses a negative one, and SQLite takes it for none."""
    return max(0, limit)


def change_of(row: Row[Any]) -> LoggedChange:
    """Return the change in a row of `changes`."""
    kind = ChangeKind(row.kind)
    return LoggedChange(
        position=row.position,
        change=row.change,
        subject=Subject(kind.subject_kind, row.subject),
        operation=Operation(row.operation),
        revision=row.revision,
        author=row.author,
        message=row.message,
        created_at=row.created_at,
        kind=kind,
        tags=_tags(row),
        note=_note(row),
        model=_model(row),
    )


def _tags(row: Row[Any]) -> TagDifference | None:
    if row.tags_added is None:
        return None
    return TagDifference(tuple(row.tags_added.split()), tuple(row.tags_removed.split()))


def _note(row: Row[Any]) -> NoteDifference | None:
    if row.note_before is None and row.note_after is None:
        return None
    return NoteDifference(row.note_before, row.note_after)


def _model(row: Row[Any]) -> ModelDifference | None:
    if row.model_before is None and row.model_after is None:
        return None
    return ModelDifference(row.model_before, row.model_after)
