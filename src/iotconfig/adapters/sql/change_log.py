"""The change log in SQL: each write adds its rows; positions follow the order of commits.

On SQLite one writer runs at a time, so that the write itself gives the positions. On PostgreSQL a
number that is drawn inside a transaction is not in the order of commits: a reader may
see 8 while 7 is still to be committed. So rows are inserted without a position, and a reader that
finds such rows numbers them, under one lock. It sees committed rows only: a long transaction delays
no others, and its rows are numbered when it has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Insert,
    Row,
    String,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from iotconfig.domain.announcing.announcement import Kind, Subject
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.revisions import Operation

from .engine.database import Database
from .tables import changes

_LOCK_KEY: Final = 0x696F7463686E6773
"""`iotchngs` in ASCII: the number of the advisory lock in a PostgreSQL database."""

_NUMBERED_AT_ONCE: Final = 10_000
"""Maximum number of rows to which one transaction gives positions."""

KIND: Final = literal_column(f"'{Kind.CONFIG.value}'", String)
"""The kind of subject of a config's change. A literal: each parameter costs time."""

_columns = changes.c
_LAST: Final = select(func.coalesce(func.max(_columns.position), 0)).scalar_subquery()
_SINCE: Final = (
    select(changes)
    .where(_columns.position > bindparam("position_"))
    .order_by(_columns.position)
    .limit(bindparam("limit_"))
)
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


def log(
    dialect: str, changed: Mapping[str, ColumnElement[Any]], write: Mapping[str, ColumnElement[Any]]
) -> Insert:
    """Add changes of configs to the log.

    changed: the columns of the changes.
    write: the values that all of them share.
    """
    values: dict[str, ColumnElement[Any]] = {
        "change": write["change"],
        "kind": KIND,
        "subject": changed["mac_address"],
        "operation": changed["operation"],
        "revision": changed["revision"],
        "author": write["author"],
        "message": write["message"],
        "created_at": changed["updated_at"],
    }
    if dialect == "sqlite":
        values["position"] = _LAST + func.row_number().over()
    return insert(changes).from_select([*values], select(*values.values()))


def changes_since(database: Database, position: int, limit: int) -> Sequence[LoggedChange]:
    """`ChangeLog.changes_since`."""
    with database.reading() as connection:
        is_any_waiting = connection.execute(_IS_ANY_WAITING).scalar_one()
    if is_any_waiting:
        _number_waiting(database)
    with database.reading() as connection:
        rows = connection.execute(_SINCE, {"position_": position, "limit_": limit}).all()
    return [_logged(row) for row in rows]


def _number_waiting(database: Database) -> None:
    """Number all rows that were committed before the call."""
    numbered = _NUMBERED_AT_ONCE
    while numbered == _NUMBERED_AT_ONCE:
        with database.writing() as connection:
            connection.execute(_LOCK)
            numbered = connection.execute(_NUMBER).rowcount


def _logged(row: Row[Any]) -> LoggedChange:
    return LoggedChange(
        position=row.position,
        change=row.change,
        subject=Subject(Kind(row.kind), row.subject),
        operation=Operation(row.operation),
        revision=row.revision,
        author=row.author,
        message=row.message,
        created_at=row.created_at,
    )
