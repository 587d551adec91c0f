"""PostgreSQL: the relay is woken after a commit, by a query that neither delays nor fails other work."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import Connection, text

from iotconfig.adapters.sql.engine.database import SendsAfterCommit
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.testing.builders import add, mac
from tests.support.postgres import PostgresServer, create_database
from tests.support.waiting import wait_until


@pytest.fixture
def server_without_standby() -> Iterator[PostgresServer]:
    """A server whose commits wait for a standby that does not exist; `synchronous_commit = local` does not wait."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.close()


def test_commits_do_not_queue_behind_one_that_waits_for_a_standby(
    server_without_standby: PostgresServer,
) -> None:
    """A NOTIFY inside the transaction would hold a lock of the whole server while its commit waits."""
    server = server_without_standby
    url = create_database(server.base_url, "fleet")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    waiting = PostgresqlDatabase(DatabaseUrl.parse(url).url, Timeouts())
    local = PostgresqlDatabase(
        DatabaseUrl.parse(f"{url}?options=-c%20synchronous_commit%3Dlocal").url, Timeouts()
    )
    with psycopg.connect(server.base_url, autocommit=True) as administrator, ThreadPoolExecutor(1) as thread:
        administrator.execute("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
        administrator.execute("SELECT pg_reload_conf()")
        wait_until(
            lambda: administrator.execute("SHOW synchronous_standby_names").fetchone() == ("absent",),
            "commits wait for the standby",
        )
        first = thread.submit(add, SqlStore(waiting), 1)
        is_waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        wait_until(lambda: administrator.execute(is_waiting).fetchone() == (1,), "the first commit waits")
        second = add(SqlStore(local), 2)
        assert not first.done()
        administrator.execute("ALTER SYSTEM RESET synchronous_standby_names")
        administrator.execute("SELECT pg_reload_conf()")
        assert {first.result().mac_address, second.mac_address} == {mac(1), mac(2)}
    waiting.close()
    local.close()


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresqlDatabase]:
    """A database with one connection."""
    database = PostgresqlDatabase(DatabaseUrl.parse(postgres_url).url, Timeouts(), 1)
    yield database
    database.close()


def _driver(connection: Connection) -> SendsAfterCommit:
    driver = connection.connection.driver_connection
    assert isinstance(driver, SendsAfterCommit)
    return driver


def _sent(database: PostgresqlDatabase) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(text("SELECT name FROM sent")).scalars())


@pytest.fixture
def sent(database: PostgresqlDatabase) -> None:
    """A table for the queries of the tests."""
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE sent (name text NOT NULL)"))


@pytest.mark.usefixtures("sent")
def test_a_query_is_sent_once_after_its_commit(database: PostgresqlDatabase) -> None:
    """The next transaction on the same connection does not send it again."""
    with database.writing() as connection:
        _driver(connection).after_commit = b"INSERT INTO sent VALUES ('once')"
    with database.writing() as connection:
        connection.execute(text("SELECT 1"))
    assert ["once"] == _sent(database)


@pytest.mark.usefixtures("sent")
def test_a_query_is_not_sent_after_a_rollback(database: PostgresqlDatabase) -> None:
    """Neither by the transaction that failed, nor by the next one on the same connection."""
    with suppress(RuntimeError), database.writing() as connection:
        connection.execute(text("SELECT 1"))
        _driver(connection).after_commit = b"INSERT INTO sent VALUES ('never')"
        raise RuntimeError
    with database.writing() as connection:
        connection.execute(text("SELECT 1"))
    assert [] == _sent(database)


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    "query",
    [
        pytest.param(b"INSERT INTO sent VALUES (NULL)", id="refused"),
        pytest.param(b"SELECT pg_terminate_backend(pg_backend_pid())", id="connection-lost"),
    ],
)
def test_a_transaction_is_stored_whatever_happens_to_the_query(
    database: PostgresqlDatabase, query: bytes
) -> None:
    """Its writer gets no error, and the connection is usable, or replaced."""
    with database.writing() as connection:
        connection.execute(text("INSERT INTO sent VALUES ('stored')"))
        _driver(connection).after_commit = query
    assert ["stored"] == _sent(database)
