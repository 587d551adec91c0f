"""Each port over every adapter: memory, SQLite, PostgreSQL. Each teardown checks that no connection is in use."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import QueuePool, text

from iotconfig.adapters.memory import (
    MemoryApiTokenStore,
    MemoryDeviceTokenStore,
    MemoryRelayReports,
    MemoryStore,
)
from iotconfig.adapters.memory.subscriber_reports import MemorySubscriberReports
from iotconfig.adapters.sql.api_tokens import SqlApiTokenStore
from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore
from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.evidence import SqlEvidenceStore
from iotconfig.adapters.sql.last_messages import SqlLastMessageStore
from iotconfig.adapters.sql.new_boards import SqlNewBoardStore
from iotconfig.adapters.sql.relay_reports import SqlRelayReports
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.adapters.sql.subscriber_reports import SqlSubscriberReports
from iotconfig.domain.access.api_tokens import ApiTokenStore
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.announcing.relay_reports import RelayReports
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.incoming_ports import LastMessageStore
from iotconfig.domain.devices.new_boards import NewBoardStore
from iotconfig.domain.devices.ports import EvidenceStore
from iotconfig.domain.devices.subscriber_reports import SubscriberReports
from iotconfig.domain.devices.tokens import DeviceTokenStore
from iotconfig.testing.clocks import SteppingClock
from tests.contract.queues import queue_of
from tests.support.postgres import create_database, drop_database
from tests.support.spare_databases import EMPTY
from tests.support.waiting import wait_until

# Some tests queue many writers, so a wait for a lock or a connection may be long.
_TIMEOUTS = Timeouts(pool=30, lock=30, statement=30, watchdog=60)


def _connections_in_use(database: Database) -> int:
    if isinstance(database, SqliteDatabase):
        pool = database._engine.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout()
    assert isinstance(database, PostgresqlDatabase)
    if database._lifetime.is_over:
        return database.use().in_use
    statistics = database._pool.get_stats()
    return statistics["pool_size"] - statistics["pool_available"]


def _assert_all_connections_returned(database: Database) -> None:
    # The pool of PostgreSQL takes a connection back in a separate thread.
    wait_until(lambda: _connections_in_use(database) == 0, "all connections are given back", 5)


@pytest.fixture
def memory_store() -> Store:
    """The reference implementation."""
    return MemoryStore()


@pytest.fixture
def sqlite_database(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Database]:
    """A new file."""
    path = tmp_path_factory.getbasetemp() / f"{uuid.uuid4().hex}.db"
    shutil.copy(_sqlite_template, path)
    database = SqliteDatabase(path, _TIMEOUTS)
    yield database
    _assert_all_connections_returned(database)
    database.close()
    path.unlink()


@pytest.fixture
def sqlite_store(sqlite_database: Database) -> Store:
    """A new file."""
    return SqlStore(sqlite_database)


class _Reopened:
    """A PostgreSQL database that is opened again if a test has closed it."""

    def __init__(self, url: str) -> None:
        self._url = DatabaseUrl.parse(url).url
        self._database = PostgresqlDatabase(self._url, _TIMEOUTS)

    def database(self) -> PostgresqlDatabase:
        if self._database._lifetime.is_over:
            self._database = PostgresqlDatabase(self._url, _TIMEOUTS)
        return self._database


@pytest.fixture(scope="module")
def _postgresql(postgres_base_url: str, _postgres_template: str) -> Iterator[_Reopened]:
    """One database for each module, because emptying one is faster than creating one."""
    name = f"iotconfig_{uuid.uuid4().hex}"
    opened = _Reopened(create_database(postgres_base_url, name, _postgres_template))
    yield opened
    opened.database().close()
    drop_database(postgres_base_url, name)


@pytest.fixture
def postgresql_database(_postgresql: _Reopened) -> Iterator[Database]:
    """An empty database; its ids start again."""
    database = _postgresql.database()
    with database.writing() as connection:
        connection.execute(text(EMPTY))
    yield database
    _assert_all_connections_returned(database)


@pytest.fixture
def postgresql_store(postgresql_database: Database) -> Store:
    """An empty database."""
    return SqlStore(postgresql_database)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def queue(store: Store) -> NotificationQueue:
    """The notification queue of each kind of store."""
    return queue_of(store)


@pytest.fixture
def evidence(store: Store) -> EvidenceStore:
    """The evidence of each kind of store."""
    if isinstance(store, MemoryStore):
        return store.evidence
    assert isinstance(store, SqlStore)
    return SqlEvidenceStore(store.database)


@pytest.fixture
def last_messages(store: Store) -> LastMessageStore:
    """What the devices of each kind of store said last."""
    if isinstance(store, MemoryStore):
        return store.last_messages
    assert isinstance(store, SqlStore)
    return SqlLastMessageStore(store.database)


@pytest.fixture
def new_boards(store: Store) -> NewBoardStore:
    """The new boards of each kind of store."""
    if isinstance(store, MemoryStore):
        return store.new_boards
    assert isinstance(store, SqlStore)
    return SqlNewBoardStore(store.database)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def api_tokens(request: pytest.FixtureRequest) -> ApiTokenStore:
    """An empty store of API tokens of each kind."""
    if request.param == "memory":
        return MemoryApiTokenStore()
    return SqlApiTokenStore(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def device_tokens(request: pytest.FixtureRequest) -> DeviceTokenStore:
    """An empty store of device tokens of each kind."""
    if request.param == "memory":
        return MemoryDeviceTokenStore()
    return SqlDeviceTokenStore(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def relay_reports(request: pytest.FixtureRequest, clock: SteppingClock) -> RelayReports:
    """The relay reports of each kind of store, without a report."""
    if request.param == "memory":
        return MemoryRelayReports(clock)
    return SqlRelayReports(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def subscriber_reports(request: pytest.FixtureRequest, clock: SteppingClock) -> SubscriberReports:
    """The subscriber's report in each kind of store, without one."""
    if request.param == "memory":
        return MemorySubscriberReports(clock)
    return SqlSubscriberReports(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def clock() -> SteppingClock:
    """A clock that advances by a microsecond at each call."""
    return SteppingClock()


@pytest.fixture
def service(store: Store, clock: SteppingClock) -> ConfigService:
    """The use cases over each kind of store."""
    return ConfigService(store, clock)
