"""Accepted keys, one row each."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Delete, Executable, bindparam, delete, select

from .engine.dialects import ByDialect, insert_into
from .tables import claimed_keys

_FORGOTTEN_AT_ONCE: Final = 100
"""Expired rows that a claim removes: more than it adds, so they never heap up."""

_columns = claimed_keys.c


def _claim(dialect: str) -> Any:
    """One statement that adds the row, or takes an expired one over; it gives no row where the key is taken."""
    statement = insert_into(dialect, claimed_keys).values(
        key=bindparam("new_key"), until=bindparam("new_until")
    )
    return statement.on_conflict_do_update(
        index_elements=[_columns.key],
        set_={"until": statement.excluded.until},
        where=_columns.until <= bindparam("now", type_=_columns.until.type),
    ).returning(_columns.key)


def _forget(*, skip_locked: bool) -> Delete:
    expired = (
        select(_columns.key)
        .where(_columns.until <= bindparam("now", type_=_columns.until.type))
        .order_by(_columns.until)
        .limit(_FORGOTTEN_AT_ONCE)
    )
    if skip_locked:
        # Two that wait for each other's rows would be the end of both.
        expired = expired.with_for_update(skip_locked=True)
    return delete(claimed_keys).where(_columns.key.in_(expired.scalar_subquery()))


_CLAIM: Final[ByDialect[Executable]] = ByDialect(_claim)
_FORGET: Final = ByDialect(lambda dialect: _forget(skip_locked=dialect == "postgresql"))


@frozen
class SqlReplayGuard:
    """`ReplayGuard` over one transaction."""

    _connection: Connection

    def claim(self, key: str, now: datetime, until: datetime) -> bool:
        dialect = self._connection.dialect.name
        claimed = self._connection.execute(
            _CLAIM[dialect], {"new_key": key, "new_until": until, "now": now}
        ).first()
        self._connection.execute(_FORGET[dialect], {"now": now})
        return claimed is not None
