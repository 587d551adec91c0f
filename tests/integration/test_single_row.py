"""The query of one row by the driver's own cursor: types, and errors of the connection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    bindparam,
    create_engine,
    literal_column,
    select,
    text,
)

from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase, connect_once
from iotconfig.adapters.sql.engine.single_row import fetch_row
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.tables import UtcDateTime, revision_counters
from iotconfig.domain.errors import StoreReadOnly, StoreUnavailable
from iotconfig.testing.clocks import START

MOMENTS = Table("moments", MetaData(), Column("moment", UtcDateTime), Column("is_set", Boolean))
STORED = select(MOMENTS).where(MOMENTS.c.is_set.is_not(None))
EMPTY = select(MOMENTS).where(MOMENTS.c.is_set.is_(None))
PROCESS = select(literal_column("pg_backend_pid()", Integer).label("number"))
ENDING = select(literal_column("pg_terminate_backend(pg_backend_pid())", Boolean).label("is_ended"))
LOCKING = (
    select(revision_counters).where(revision_counters.c.mac_address == bindparam("key")).with_for_update()
)


def test_a_row_has_the_types_of_its_columns(empty_url: str) -> None:
    """SQLite stores neither times nor booleans; the row has them all the same, and None where nothing is stored."""
    is_sqlite = empty_url.startswith("sqlite")
    engine = (
        create_engine("sqlite://")
        if is_sqlite
        else connect_once(DatabaseUrl.parse(empty_url).url, Timeouts())
    )
    with engine.connect() as connection:
        MOMENTS.create(connection)
        assert fetch_row(connection, STORED, {}) is None
        connection.execute(
            MOMENTS.insert(), [{"moment": START, "is_set": True}, {"moment": None, "is_set": None}]
        )

        stored, empty = fetch_row(connection, STORED, {}), fetch_row(connection, EMPTY, {})

        assert (START, START.tzinfo, True) == (stored.moment, stored.moment.tzinfo, stored.is_set)
        assert (None, None) == (empty.moment, empty.is_set)
    engine.dispose()


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresqlDatabase]:
    """A database with one connection."""
    database = PostgresqlDatabase(DatabaseUrl.parse(postgres_url).url, Timeouts(), 1)
    yield database
    database.close()


def test_a_connection_that_is_lost_is_replaced(database: PostgresqlDatabase) -> None:
    """The error is the domain's, with the server's reason, and the next transaction gets a new connection."""
    with pytest.raises(StoreUnavailable) as failure, database.writing() as connection:
        fetch_row(connection, ENDING, {})

    assert "terminating connection due to administrator command" in failure.value.reason
    with database.writing() as connection:
        assert fetch_row(connection, PROCESS, {}).number > 0


def test_a_connection_that_is_read_only_is_replaced(database: PostgresqlDatabase) -> None:
    """After a failover, the connection may be one to a standby."""
    with database.writing() as connection:
        first = fetch_row(connection, PROCESS, {}).number
    with pytest.raises(StoreReadOnly):
        _lock_read_only(database)

    with database.writing() as connection:
        assert first != fetch_row(connection, PROCESS, {}).number


def _lock_read_only(database: PostgresqlDatabase) -> None:
    with database.writing() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        fetch_row(connection, LOCKING, {"key": "02:00:00:00:00:01"})
