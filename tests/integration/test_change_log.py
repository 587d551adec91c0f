"""The change log on PostgreSQL: positions in commit order, with long transactions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from iotconfig.adapters.sql import change_log
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.store import Store
from iotconfig.testing.builders import add, content, mac, record
from iotconfig.testing.clocks import START
from iotconfig.testing.contracts.change_log import ALWAYS, EVERYTHING, everything
from tests.support.postgres import PostgresServer, create_database, tools
from tests.support.waiting import wait_until


@contextmanager
def opened(url: str) -> Iterator[SqlStore]:
    """The store in a database."""
    store = SqlStore(PostgresqlDatabase(DatabaseUrl.parse(url).url, Timeouts()))
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    """An empty store on PostgreSQL."""
    with opened(postgres_url) as store:
        yield store


def subjects(store: Store, position: int = 0) -> list[tuple[int, str]]:
    """Each position above this one, with what changed."""
    return [(c.position, c.subject.key) for c in store.changes_since(position, EVERYTHING)]


def test_a_long_transaction_delays_no_others_and_is_not_skipped(store: SqlStore) -> None:
    """A change that was written first and committed last has the last position."""
    with store.writing() as work:
        record(work, changes.created(work.counters.lock(mac(1)), content(), START))
        add(store, 2)
        add(store, 3)
        meanwhile = subjects(store)
    afterwards = subjects(store, meanwhile[-1][0])

    assert [(1, str(mac(2))), (2, str(mac(3)))] == meanwhile
    assert [(3, str(mac(1)))] == afterwards


def test_readers_assign_positions_one_after_the_other(store: SqlStore, postgres_url: str) -> None:
    """A concurrent reader waits for the first, and no position is used twice."""
    for number in range(3):
        add(store, number)
    with ThreadPoolExecutor(1) as pool:
        with store.database.writing() as first:
            first.execute(change_log._LOCK)
            first.execute(change_log._NUMBER)
            second = pool.submit(everything, store)
            wait_until(lambda: _waits_for_the_lock(postgres_url), "the second reader waits", 30)
        assert [1, 2, 3] == [change.position for change in second.result(30)]


def _waits_for_the_lock(url: str) -> bool:
    with psycopg.connect(url) as connection:
        waiting = connection.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return waiting.fetchone() is not None


def test_more_changes_than_one_transaction_numbers(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several transactions assign positions, and one call returns all changes."""
    monkeypatch.setattr(change_log, "_NUMBERED_AT_ONCE", 2)
    monkeypatch.setattr(change_log, "_NUMBER", change_log._number())
    for number in range(5):
        add(store, number)

    assert [1, 2, 3, 4, 5] == [change.position for change in everything(store)]


def test_pruning_assigns_positions_first(store: SqlStore) -> None:
    """Without a reader no change has a position, and the log would grow without end."""
    for number in range(3):
        add(store, number)

    assert 2 == store.prune_changes(ALWAYS, 9)
    assert [(3, str(mac(2)))] == subjects(store)


def test_pruning_keeps_changes_that_are_committed_later(store: SqlStore) -> None:
    """An old change of a long transaction gets its position after the pruning, and is read."""
    with store.writing() as work:
        record(work, changes.created(work.counters.lock(mac(1)), content(), START))
        add(store, 2)
        add(store, 3)
        assert 1 == store.prune_changes(ALWAYS, 9)

    assert [(2, str(mac(3))), (3, str(mac(1)))] == subjects(store)
    assert 2 == store.oldest_position()


def test_changes_without_a_position_are_not_removed(store: SqlStore) -> None:
    """The statement removes only rows with a position."""
    for number in range(3):
        add(store, number)
    assert 3 == len(everything(store))
    add(store, 3)
    with store.database.writing() as connection:
        values = {"older_than": ALWAYS, "after_": 0, "limit_": 9}
        assert 2 == connection.execute(change_log._PRUNE, values).rowcount

    assert [(3, str(mac(2))), (4, str(mac(3)))] == subjects(store)


def test_a_restored_log_continues_above_every_position(
    store: SqlStore, postgres_url: str, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    """Positions are stored, so another cluster, whose counters start anew, repeats none."""
    for number in range(3):
        add(store, number)
    seen = subjects(store)
    # It has no position before the dump.
    add(store, 3)
    dump = tmp_path / "iotconfig.dump"
    restored_url = create_database(own_postgres.base_url, "restored")
    subprocess.run([tools() / "pg_dump", "-Fc", f"--file={dump}", postgres_url], check=True, timeout=60)
    subprocess.run(
        [tools() / "pg_restore", "--no-owner", f"--dbname={restored_url}", dump], check=True, timeout=60
    )

    with opened(restored_url) as restored:
        add(restored, 4)
        assert seen == subjects(restored)[:3]
        assert [(4, str(mac(3))), (5, str(mac(4)))] == subjects(restored, seen[-1][0])
