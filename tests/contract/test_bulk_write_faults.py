"""A bulk write that fails leaves everything unchanged."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.bulk import BulkEntry, OnConflict, Tally
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.testing.builders import content, mac

from .bulk_stores import StillClock, entry, everything, rows

CLOCK = StillClock()


class Oops(Exception):
    """Raised during a bulk write."""


@pytest.fixture
def some(service: ConfigService) -> list[BulkEntry]:
    """Two new entries, one with other content and one with the stored content."""
    for number in (2, 3):
        service.put(mac(number), content(n=number))
    return [entry(2, content(z=2)), entry(1), entry(3), entry(8)]


def store_all(store: Store, some: list[BulkEntry]) -> Tally:
    return BulkService(store, CLOCK).load(some, ImportOptions(OnConflict.REPLACE))


def test_a_clock_that_fails_leaves_nothing(
    store: Store, service: ConfigService, some: list[BulkEntry]
) -> None:
    """An error under the lock rolls back everything, and the store stays usable."""
    before, rows_before = everything(store, range(1, 6)), rows(store)

    def broken() -> datetime:
        raise Oops

    with pytest.raises(Oops):
        BulkService(store, broken).load(some, ImportOptions(OnConflict.REPLACE))

    assert rows_before == rows(store)
    assert before == everything(store, range(1, 6))
    assert 1 == service.create(mac(8), content()).revision


_BREAK = {
    "sqlite": [
        "CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION broken() RETURNS trigger AS 'BEGIN RAISE ''broken''; END' LANGUAGE plpgsql",
        "CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION broken()",
    ],
}
_MEND = {"sqlite": "DROP TRIGGER broken", "postgresql": "DROP TRIGGER broken ON {table}"}


@pytest.mark.parametrize("table", ["configs", "documents", "revisions", "notifications"])
def test_a_database_that_fails_in_the_middle_keeps_nothing(
    store: Store, some: list[BulkEntry], table: str
) -> None:
    """If any statement fails, the earlier ones are rolled back; afterwards the same entries are stored."""
    if isinstance(store, MemoryStore):
        return
    assert isinstance(store, SqlStore)
    before, rows_before = everything(store, range(1, 6)), rows(store)
    # Not on a connection of the pool: psycopg deallocates its prepared statements after a DROP.
    with store.database.session() as session:
        dialect = session.connection.dialect.name
        for statement in _BREAK[dialect]:
            session.connection.execute(text(statement.format(table=table)))
    try:
        with pytest.raises(Exception, match=r"broken|database"):
            store_all(store, some)
    finally:
        with store.database.session() as session:
            session.connection.execute(text(_MEND[dialect].format(table=table)))

    assert rows_before == rows(store)
    assert before == everything(store, range(1, 6))
    assert store_all(store, some).stored
