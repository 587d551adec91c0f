"""New boards in SQL: one row for each, bounded by the statement that follows each write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, TextClause, func, select, text

from iotconfig.domain.devices.evidence import RENEWED_EVERY
from iotconfig.domain.devices.new_boards import MAX_BOARDS, MAX_OF_NETWORK, NewBoard
from iotconfig.domain.mac import MacAddress

from .engine.database import Database
from .given_rows import given_rows
from .tables import new_boards, revision_counters

_LOCK_KEY: Final = 0x696F7463_626F6172
"""`iotcboar` in ASCII: the number of the advisory lock in a PostgreSQL database."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_NAMES: Final = tuple(column.name for column in new_boards.columns)
_GIVEN: Final = given_rows(
    {
        # Its addresses have the collation of the columns that they are compared with.
        "mac_address": 'varchar(17) COLLATE "C"',
        "source": "text",
        "network": "text",
        "first_seen": "bigint",
        "last_seen": "bigint",
    }
)
_IS_NEW: Final = (
    "NOT EXISTS (SELECT 1 FROM revision_counters WHERE revision_counters.mac_address = given.mac_address)"
)
_IS_LATER: Final = f"last_seen - stored.last_seen >= {RENEWED_EVERY // _MICROSECOND}"


def _is_worth_writing(dialect: str) -> TextClause:
    """Whether a write would change a row. Most boards that ask again and again, and all former devices, change none."""
    return text(
        f"SELECT EXISTS (SELECT 1 FROM {_GIVEN[dialect]}"  # noqa: S608 - names of ours
        " LEFT JOIN new_boards AS stored ON stored.mac_address = given.mac_address"
        f" WHERE {_IS_NEW} AND (stored.mac_address IS NULL OR given.{_IS_LATER}))"
    )


def _upsert(dialect: str) -> TextClause:
    changed = ", ".join(f"{name} = excluded.{name}" for name in ("source", "network", "last_seen"))
    return text(
        f"INSERT INTO new_boards AS stored ({', '.join(_NAMES)})"  # noqa: S608 - names of ours
        f" SELECT {', '.join(f'given.{name}' for name in _NAMES)} FROM {_GIVEN[dialect]} WHERE {_IS_NEW}"
        f" ON CONFLICT (mac_address) DO UPDATE SET {changed} WHERE excluded.{_IS_LATER}"
    )


_IS_WORTH_WRITING: Final = {dialect: _is_worth_writing(dialect) for dialect in _GIVEN}
_UPSERTS: Final = {dialect: _upsert(dialect) for dialect in _GIVEN}
_BOUND: Final = text(
    # What `kept` leaves out.
    "DELETE FROM new_boards WHERE mac_address IN (SELECT mac_address FROM ("  # noqa: S608 - names of ours
    "SELECT mac_address, of_network,"
    " row_number() OVER (ORDER BY of_network, last_seen DESC, mac_address) AS of_all FROM ("
    "SELECT mac_address, last_seen,"
    " row_number() OVER (PARTITION BY network ORDER BY last_seen DESC, mac_address) AS of_network"
    " FROM new_boards) AS ranked) AS placed"
    f" WHERE of_network > {MAX_OF_NETWORK} OR of_all > {MAX_BOARDS})"
    " OR EXISTS (SELECT 1 FROM revision_counters WHERE revision_counters.mac_address = new_boards.mac_address)"
)
_ALL: Final = (
    select(new_boards)
    .where(
        ~select(revision_counters.c.mac_address)
        .where(revision_counters.c.mac_address == new_boards.c.mac_address)
        .exists()
    )
    .order_by(new_boards.c.last_seen.desc(), new_boards.c.mac_address)
    .limit(MAX_BOARDS)
)


@frozen
class SqlNewBoardStore:
    """`NewBoardStore` over one database."""

    _database: Database

    def write(self, boards: Sequence[NewBoard]) -> None:
        if not boards:
            return
        given = {"rows": json.dumps([_row(board) for board in boards])}
        with self._database.reading() as connection:
            if not connection.execute(_IS_WORTH_WRITING[connection.dialect.name], given).scalar():
                return
        with self._database.writing() as connection:
            dialect = connection.dialect.name
            if dialect == "postgresql":
                # Two writers would delete each other's rows in any order, and could deadlock.
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))
            connection.execute(_UPSERTS[dialect], given)
            connection.execute(_BOUND)

    def all(self) -> Sequence[NewBoard]:
        with self._database.reading() as connection:
            return [_new_board(row) for row in connection.execute(_ALL)]


def _row(board: NewBoard) -> dict[str, object]:
    return {
        "mac_address": str(board.mac_address),
        "source": board.source,
        "network": board.network,
        "first_seen": (board.first_seen - _EPOCH) // _MICROSECOND,
        "last_seen": (board.last_seen - _EPOCH) // _MICROSECOND,
    }


def _new_board(row: Row[Any]) -> NewBoard:
    return NewBoard(
        MacAddress(row.mac_address),
        row.source,
        row.network,
        _EPOCH + timedelta(microseconds=row.first_seen),
        _EPOCH + timedelta(microseconds=row.last_seen),
    )
