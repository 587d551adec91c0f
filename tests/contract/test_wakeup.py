"""`Wakeup`: the shipped suite over both databases; broken sessions, missing files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from iotconfig.adapters.sql.jobs.sqlite import SqliteWakeup
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.store import Store
from iotconfig.domain.jobs.ports import Wakeup
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing import WakeupContract
from iotconfig.testing.contracts.wakeup import quiet
from tests.support.lease_holder import lease_and_wakeup

from .queues import change, enqueue, queue_of


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The test's database through separate connections, as a writer has them."""
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        yield services.persistence.store


class TestWakeup(WakeupContract):
    """Over both databases."""

    @pytest.fixture
    def queue(self, store: Store) -> NotificationQueue:
        """The queue of the store."""
        return queue_of(store)

    @pytest.fixture
    def make_wakeup(self, database_url: str) -> Iterator[Callable[[], Wakeup]]:
        """Wake-ups of one database."""
        with ExitStack() as opened:

            def make() -> Wakeup:
                _, wakeup = lease_and_wakeup(database_url)
                opened.callback(wakeup.close)
                return wakeup

            yield make


def test_it_works_for_the_holder_of_the_lease(database_url: str, store: Store) -> None:
    """Taking and confirming the lease do not lose a signal."""
    lease, wakeup = lease_and_wakeup(database_url)
    try:
        assert lease.hold()
        quiet(wakeup)
        assert lease.hold()
        enqueue(store, change(1))

        assert wakeup.wait(30)
        assert lease.hold()
    finally:
        wakeup.close()
        lease.release()


def test_a_session_that_is_cut_ends_the_wait(postgres_url: str) -> None:
    """The job notices the loss of its lease at once instead of after its longest wait; then both recover."""
    lease, wakeup = lease_and_wakeup(postgres_url)
    try:
        assert lease.hold()
        quiet(wakeup)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )

        assert wakeup.wait(30)

        assert lease.hold()
        quiet(wakeup)
    finally:
        wakeup.close()
        lease.release()


def test_a_missing_file_does_not_signal(tmp_path: Path) -> None:
    """Waiting does not create the database."""
    path = tmp_path / "configs.db"
    wakeup = SqliteWakeup(path)

    assert not wakeup.wait(0.1)

    assert not path.exists()
