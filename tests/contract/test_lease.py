"""`Lease`: the shipped suite over both databases; killed processes, broken connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from sqlalchemy import make_url

from iotconfig.adapters.sql.jobs.postgresql import PostgresqlLease
from iotconfig.domain.jobs.ports import Lease
from iotconfig.testing import LeaseContract
from tests.support.lease_holder import lease_and_wakeup, lease_holder
from tests.support.postgres import PostgresServer
from tests.support.proxy import Link
from tests.support.waiting import wait_until

MakeLease = Callable[..., Lease]


@pytest.fixture
def make_lease() -> Iterator[MakeLease]:
    """Leases that are released when the test ends."""
    with ExitStack() as leases:

        def make(url: str, name: str = "relay") -> Lease:
            lease, _ = lease_and_wakeup(url, name)
            leases.callback(lease.release)
            return lease

        yield make


class TestLease(LeaseContract):
    """Over both databases."""

    @pytest.fixture
    def make_lease(self, database_url: str, make_lease: MakeLease) -> Callable[..., Lease]:
        """Leases of one database."""
        return partial(make_lease, database_url)


def test_each_database_has_its_own_lease(
    sqlite_url: str, postgres_url: str, empty_postgres_url: str, tmp_path: Path, make_lease: MakeLease
) -> None:
    """Two services on one machine, or on one server, do not exclude each other."""
    urls = [sqlite_url, f"sqlite:///{tmp_path / 'other.db'}", postgres_url, empty_postgres_url]

    assert [True] * 4 == [make_lease(url).hold() for url in urls]


def test_it_is_freed_when_its_process_is_killed(database_url: str, make_lease: MakeLease) -> None:
    """After SIGKILL of the holder, the successor has the lease within 5 s."""
    lease = make_lease(database_url)
    with lease_holder(database_url) as (process, said):
        assert "held" == said
        assert not lease.hold()

        process.kill()
        process.wait()

        wait_until(lease.hold, "the lease is free", 5)


def test_another_process_cannot_have_it(database_url: str, make_lease: MakeLease) -> None:
    """The lease excludes other processes, not only other objects."""
    assert make_lease(database_url).hold()

    with lease_holder(database_url) as (_, said):
        assert "not held" == said


def test_the_lease_ends_with_its_session(postgres_url: str, make_lease: MakeLease) -> None:
    """If the server ends the holder's session, another process gets the lease, and the first one notices."""
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


def test_the_lease_while_the_server_is_down(own_postgres: PostgresServer, make_lease: MakeLease) -> None:
    """It is not held while the server is down, no error is raised, and it is held again afterwards."""
    lease = make_lease(own_postgres.base_url)
    assert lease.hold()

    own_postgres.stop()

    assert [False, False] == [lease.hold(), lease.hold()]
    own_postgres.start()
    wait_until(lease.hold, "the lease is had again")


def test_a_dead_connection_is_noticed(postgres_url: str, make_lease: MakeLease) -> None:
    """A check of the lease returns, and reports it as lost."""
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


def test_a_lost_host_holds_it_for_seconds_only(postgres_url: str, make_lease: MakeLease) -> None:
    """The session has keepalives, idle or not; by default the server waits two hours."""
    lease = make_lease(postgres_url)
    assert isinstance(lease, PostgresqlLease)
    assert lease.hold()

    def setting(name: str) -> int:
        assert lease._session.connection is not None
        row = lease._session.connection.execute(
            "SELECT setting::int FROM pg_settings WHERE name = %s", [name]
        ).fetchone()
        assert row is not None
        return int(row[0])

    idle, interval, count = (setting(f"tcp_keepalives_{what}") for what in ("idle", "interval", "count"))
    assert 0 < idle
    assert idle + interval * count <= 20
    assert 0 < setting("tcp_user_timeout") <= 20_000


def test_the_lease_while_the_directory_is_missing(tmp_path: Path, make_lease: MakeLease) -> None:
    """Before its disk is mounted it is not held, no error is raised, and it is held afterwards."""
    directory = tmp_path / "disk"
    lease = make_lease(f"sqlite:///{directory / 'configs.db'}")

    assert not lease.hold()

    directory.mkdir()
    assert lease.hold()
