"""`Lease`: the shipped suite over both databases; processes that are killed, links that are cut, news that wakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from sqlalchemy import make_url

from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.postgresql_lease import PostgresqlLease
from iotconfig.adapters.sql.sqlite_lease import SqliteLease
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.announcing.ports import Lease
from iotconfig.testing import LeaseContract
from tests.support.lease_holder import lease_holder, lease_on
from tests.support.postgres import PostgresServer
from tests.support.proxy import Link
from tests.support.waiting import wait_until

from .queues import at, change, enqueue, queue_of

MakeLease = Callable[[str], Lease]


class Oops(Exception):
    """Raised inside a unit of work."""


@pytest.fixture
def make_lease() -> Iterator[MakeLease]:
    """Leases that are released when the test ends."""
    with ExitStack() as leases:

        def make(url: str) -> Lease:
            lease = lease_on(url)
            leases.callback(lease.release)
            return lease

        yield make


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """The database of the test, as a writer uses it: over connections of its own."""
    url = DatabaseUrl.parse(database_url)
    database = (
        SqliteDatabase(url.path, Timeouts()) if url.is_sqlite else PostgresqlDatabase(url.url, Timeouts())
    )
    yield SqlStore(database)
    database.close()


class TestLease(LeaseContract):
    """Over both databases."""

    @pytest.fixture
    def make_lease(self, database_url: str) -> Iterator[Callable[[], Lease]]:
        """Leases of one database."""
        with ExitStack() as leases:

            def make() -> Lease:
                lease = lease_on(database_url)
                leases.callback(lease.release)
                return lease

            yield make


def quiet(lease: Lease) -> Lease:
    """The same lease, held, once it has no news left."""
    assert lease.hold()
    wait_until(lambda: not lease.wait(0.05), "the lease has no news")
    return lease


def test_each_database_has_its_own(
    sqlite_url: str, postgres_url: str, empty_postgres_url: str, tmp_path: Path, make_lease: MakeLease
) -> None:
    """Two services on one machine, or on one server, keep out of each other's way."""
    urls = [sqlite_url, f"sqlite:///{tmp_path / 'other.db'}", postgres_url, empty_postgres_url]

    assert [True] * 4 == [make_lease(url).hold() for url in urls]


def test_it_is_freed_when_its_process_is_killed(database_url: str, make_lease: MakeLease) -> None:
    """SIGKILL leaves no time to give anything back; the successor has it within 5 s."""
    lease = make_lease(database_url)
    with lease_holder(database_url) as (process, said):
        assert "held" == said
        assert not lease.hold()

        process.kill()
        process.wait()

        wait_until(lease.hold, "the lease is free", 5)


def test_another_process_cannot_have_it(database_url: str, make_lease: MakeLease) -> None:
    """It is a matter of processes, not of objects."""
    assert make_lease(database_url).hold()

    with lease_holder(database_url) as (_, said):
        assert "not held" == said


def test_a_commit_before_the_wait_ends_it_at_once(
    database_url: str, store: SqlStore, make_lease: MakeLease
) -> None:
    """What was announced between the last look and the wait is not slept over."""
    lease = quiet(make_lease(database_url))
    assert lease.hold()
    enqueue(store, change(1))
    started = monotonic()

    assert lease.wait(30)

    assert monotonic() - started < 10


def test_a_commit_during_the_wait_ends_it(database_url: str, store: SqlStore, make_lease: MakeLease) -> None:
    """Another connection's commit is heard of; then there is quiet again."""
    lease = quiet(make_lease(database_url))
    started = monotonic()
    with ThreadPoolExecutor(1) as threads:
        written = threads.submit(enqueue, store, change(1))

        assert lease.wait(30)

        written.result()
    assert monotonic() - started < 10
    quiet(lease)


def test_without_a_commit_it_waits_in_vain(database_url: str, store: SqlStore, make_lease: MakeLease) -> None:
    """Reading, and what is rolled back, wake nobody."""
    lease = quiet(make_lease(database_url))
    with pytest.raises(Oops), store.writing() as work:  # noqa: PT012 - all of it is the transaction
        work.notifications.enqueue(change(1), at(1))
        raise Oops
    queue_of(store).find(9)
    started = monotonic()

    assert not lease.wait(0.3)

    assert monotonic() - started >= 0.25


def test_a_session_that_was_cut_gives_the_lease_away(postgres_url: str, make_lease: MakeLease) -> None:
    """The server ended the holder's session: another has the lease, and the first one notices."""
    first, second = make_lease(postgres_url), make_lease(postgres_url)
    assert first.hold()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )

    wait_until(second.hold, "the second has the lease")

    assert not first.hold()
    assert not first.hold()
    assert second.hold()


def test_a_server_that_is_away_has_no_lease_to_give(
    own_postgres: PostgresServer, make_lease: MakeLease
) -> None:
    """It is not had while the server is down, nothing is raised, and it is had again afterwards."""
    lease = make_lease(own_postgres.base_url)
    assert lease.hold()

    own_postgres.stop()

    assert [False, False] == [lease.hold(), lease.hold()]
    assert not lease.wait(0.05)
    own_postgres.start()
    wait_until(lease.hold, "the lease is had again")


def test_a_link_that_swallows_everything_is_noticed(postgres_url: str, make_lease: MakeLease) -> None:
    """A check of the lease comes back, and says that it is lost."""
    url = make_url(postgres_url)
    assert url.port is not None
    with Link(url.port) as link:
        lease = make_lease(url.set(port=link.port).render_as_string(hide_password=False))
        assert lease.hold()
        link.swallow()
        started = monotonic()

        assert not lease.hold()

        assert monotonic() - started < 15
        link.flow()
        wait_until(lease.hold, "the lease is had again")


def test_a_host_that_is_gone_without_a_word_holds_it_for_seconds_only(
    postgres_url: str, make_lease: MakeLease
) -> None:
    """The server is told to look whether the session's host is there, idle or not: by itself it takes two hours."""
    lease = make_lease(postgres_url)
    assert isinstance(lease, PostgresqlLease)
    assert lease.hold()

    def setting(name: str) -> int:
        assert lease._session is not None
        row = lease._session.execute(
            "SELECT setting::int FROM pg_settings WHERE name = %s", [name]
        ).fetchone()
        assert row is not None
        return int(row[0])

    idle, interval, count = (setting(f"tcp_keepalives_{what}") for what in ("idle", "interval", "count"))
    assert 0 < idle
    assert idle + interval * count <= 20
    assert 0 < setting("tcp_user_timeout") <= 20_000


def test_a_directory_that_is_away_has_no_lease_to_give(tmp_path: Path, make_lease: MakeLease) -> None:
    """A disk that is not mounted yet: the lease is not had, nothing is raised, and it is had afterwards."""
    directory = tmp_path / "disk"
    lease = make_lease(f"sqlite:///{directory / 'configs.db'}")

    assert not lease.hold()
    assert not lease.wait(0.05)

    directory.mkdir()
    assert lease.hold()


def test_a_file_that_is_not_there_yet_wakes_nobody(tmp_path: Path) -> None:
    """Waiting creates no database."""
    path = tmp_path / "configs.db"
    lease = SqliteLease(path)

    assert not lease.wait(0.1)

    assert not path.exists()
