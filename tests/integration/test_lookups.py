"""Look-ups of documents on PostgreSQL, by libpq, with the guarantees of other reads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Thread

import psycopg
import pytest
from psycopg.rows import TupleRow

from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.errors import PreconditionFailed, RecordGone, RecordNotFound, StoreUnavailable
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.testing.builders import content, mac
from tests.support.waiting import wait_until

TEXT = '{ "deviceName" : "K\\u00fcche 😀", "n":[1.10,1E2,-0] }\r\n'
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE name = 'iotconfig_document'"
SCHEMA_NOT_CURRENT = (
    "The database's schema is not the one that this version needs: run 'iotconfig upgrade-db'."
)


@contextmanager
def _opened(url: str, timeouts: Timeouts, size: int = 1) -> Iterator[PostgresqlDatabase]:
    database = PostgresqlDatabase(DatabaseUrl.parse(url).url, timeouts, size)
    try:
        yield database
        wait_until(lambda: _is_whole(database, size), "all connections are given back")
    finally:
        database.close()


def _is_whole(database: PostgresqlDatabase, size: int) -> bool:
    figures = database._pool.get_stats()
    return figures["pool_size"] == figures["pool_available"] and database._pool._connections_free.free == size


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresqlDatabase]:
    """One connection, so that its state affects the next look-up."""
    with _opened(postgres_url, Timeouts()) as database:
        yield database


@pytest.fixture
def service(database: PostgresqlDatabase) -> ConfigService:
    return ConfigService(SqlStore(database), utc_now)


@contextmanager
def _locked_out(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A lock on a table, so that a look-up waits for the duration of the block."""
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE documents IN ACCESS EXCLUSIVE MODE")
        yield other
        other.rollback()


def _lookup_is_under_way(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as other:
        found = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT number%'"
        ).fetchone()
    return found == (1,)


def _in_the_background(call: Callable[[], object]) -> tuple[Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except StoreUnavailable as error:
            raised.append(error)

    thread = Thread(target=run)
    thread.start()
    return thread, raised


def _is_prepared(database: PostgresqlDatabase) -> bool:
    with database.reading() as connection:
        return bool(connection.exec_driver_sql(PREPARED).scalar_one())


def test_the_bytes_are_those_that_were_stored(service: ConfigService) -> None:
    """They are returned in any script; the statement is prepared once, and used again."""
    config, _ = service.put(mac(1), content(TEXT))

    for _ in range(2):
        found = service.document(mac(1))

        assert TEXT.encode() == found.body
        assert config.content.etag == found.etag


def test_missing_and_replaced_devices(service: ConfigService) -> None:
    """The errors differ."""
    config, _ = service.put(mac(1), content())
    service.replace_device(config.id, mac(2))

    with pytest.raises(RecordGone):
        service.document(mac(1))
    with pytest.raises(RecordNotFound):
        service.document(mac(3))
    assert b"{}" == service.document(mac(2)).body


@pytest.mark.parametrize("writes", [1, 20], ids=["before-psycopg-prepared", "after-psycopg-prepared"])
def test_a_rollback_does_not_break_lookups(
    database: PostgresqlDatabase, service: ConfigService, writes: int
) -> None:
    """psycopg may deallocate all statements of a connection at a rollback: they are prepared again."""
    for number in range(writes):
        config, _ = service.put(mac(1), content(n=number))
    service.document(mac(1))
    assert _is_prepared(database)

    with pytest.raises(PreconditionFailed):
        service.update(config.id, content(n=-1), Precondition(one_of=frozenset({99})))

    assert config.content.text.encode() == service.document(mac(1)).body
    assert _is_prepared(database)


def test_a_deallocated_statement_fails_at_most_one_lookup(
    database: PostgresqlDatabase, service: ConfigService
) -> None:
    """The connection is not returned to the pool in this state."""
    service.put(mac(1), content())
    service.document(mac(1))
    with database.reading() as connection:
        connection.exec_driver_sql("DEALLOCATE ALL")

    with pytest.raises(Exception, match="iotconfig_document"):
        service.document(mac(1))

    assert b"{}" == service.document(mac(1)).body


def test_a_connection_that_is_cut_in_the_middle_gives_503_and_is_replaced(
    postgres_url: str, service: ConfigService
) -> None:
    """The server's last message becomes the domain's error; the next look-up has a new connection."""
    service.put(mac(1), content())
    service.document(mac(1))

    with _locked_out(postgres_url):
        thread, raised = _in_the_background(lambda: service.document(mac(1)))
        wait_until(lambda: _lookup_is_under_way(postgres_url), "the lookup waits for the table")
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT number%'"
            )
        thread.join()

    assert ["The database cannot be reached, or did not answer in time."] == [str(e) for e in raised]
    assert b"{}" == service.document(mac(1)).body


def test_a_lookup_that_takes_too_long_is_ended_by_the_server(postgres_url: str) -> None:
    """`statement_timeout` applies, and keeps the connection."""
    with _opened(postgres_url, Timeouts(statement=0.2, lock=0)) as database:
        service = ConfigService(SqlStore(database), utc_now)
        service.put(mac(1), content())
        service.document(mac(1))
        with _locked_out(postgres_url), pytest.raises(StoreUnavailable) as caught:
            service.document(mac(1))

        assert "statement timeout" in caught.value.reason
        assert b"{}" == service.document(mac(1)).body


def test_a_lookup_that_the_server_does_not_end_is_cut_by_the_watchdog(postgres_url: str) -> None:
    """The client has its own limit, for connections that deliver nothing."""
    with _opened(postgres_url, Timeouts(statement=0, lock=0, watchdog=0.3)) as database:
        service = ConfigService(SqlStore(database), utc_now)
        service.put(mac(1), content())
        with _locked_out(postgres_url), pytest.raises(StoreUnavailable):
            service.document(mac(1))

        assert b"{}" == service.document(mac(1)).body


def test_waiting_for_a_connection_is_bounded(postgres_url: str) -> None:
    """When a connection is returned, the next look-up works."""
    with _opened(postgres_url, Timeouts(pool=0.2)) as database:
        service = ConfigService(SqlStore(database), utc_now)
        service.put(mac(1), content())
        with database.reading(), pytest.raises(StoreUnavailable) as caught:
            service.document(mac(1))

        assert "no connection was free for 0.2 s" in caught.value.reason
        assert b"{}" == service.document(mac(1)).body


def test_a_database_without_tables(empty_postgres_url: str) -> None:
    """The error differs from that of an unavailable database, and has the remedy, also at the second time."""
    with _opened(empty_postgres_url, Timeouts()) as database:
        service = ConfigService(SqlStore(database), utc_now)
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as caught:
                service.document(mac(1))

            assert SCHEMA_NOT_CURRENT == str(caught.value)


def test_a_dropped_table_with_a_prepared_statement(postgres_url: str, service: ConfigService) -> None:
    """The server checks a prepared statement again."""
    service.put(mac(1), content())
    service.document(mac(1))
    with psycopg.connect(postgres_url) as other:
        other.execute("ALTER TABLE documents RENAME TO elsewhere")

    with pytest.raises(StoreUnavailable) as caught:
        service.document(mac(1))

    assert SCHEMA_NOT_CURRENT == str(caught.value)


def test_a_connection_lost_within_a_transaction_is_no_error_of_its_return(
    database: PostgresqlDatabase, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A restart of the server ends many of them, and each would log a traceback."""
    with closing(database._writer.raw_connection()) as borrowed:
        borrowed.cursor().execute("SELECT 1")
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )

    assert [] == [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    with database.reading() as connection:
        assert 1 == connection.exec_driver_sql("SELECT 1").scalar_one()
