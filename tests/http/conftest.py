"""The API in process, with settings. Tests of a session share it, so each uses its own devices."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.support.api import create
from tests.support.depot import LocalDepot, new_name, settings_of
from tests.support.http import Caller
from tests.support.in_process import Service, StartDepot, Starter, service_on
from tests.support.postgres import create_database, drop_database
from tests.support.signing import signing_key


@pytest.fixture(scope="session")
def _directories(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Callable[[], Path]:
    """Creates directories with an empty `configs.db`."""

    def new_directory() -> Path:
        place = tmp_path_factory.getbasetemp() / uuid.uuid4().hex
        place.mkdir()
        shutil.copy(_sqlite_template, place / "configs.db")
        return place

    return new_directory


@pytest.fixture(scope="session")
def on_sqlite(_directories: Callable[[], Path]) -> Starter:
    """The API on a new SQLite file, for the duration of a block; arguments are settings."""

    @contextmanager
    def start(**environ: str) -> Iterator[Service]:
        with service_on(f"sqlite:///{_directories() / 'configs.db'}", **environ) as service:
            yield service

    return start


@pytest.fixture(scope="session")
def on_postgresql(postgres_base_url: str, _postgres_template: str) -> Starter:
    """The same on a new PostgreSQL database."""

    @contextmanager
    def start(**environ: str) -> Iterator[Service]:
        name = f"iotconfig_{uuid.uuid4().hex}"
        with service_on(create_database(postgres_base_url, name, _postgres_template), **environ) as service:
            yield service
        drop_database(postgres_base_url, name)

    return start


@pytest.fixture(scope="session")
def shared_sqlite(on_sqlite: Starter) -> Iterator[Service]:
    with on_sqlite() as service:
        yield service


@pytest.fixture(scope="session")
def shared_postgresql(on_postgresql: Starter) -> Iterator[Service]:
    with on_postgresql() as service:
        yield service


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest) -> Service:
    """The API on each kind of database, for behaviour that may depend on the database."""
    service: Service = request.getfixturevalue(f"shared_{request.param}")
    return service


@pytest.fixture(scope="session")
def single(shared_sqlite: Service) -> Service:
    """The API on SQLite, for behaviour that does not depend on the database."""
    return shared_sqlite


_WRITTEN = (
    b"SELECT (SELECT sum(last_revision) FROM revision_counters), (SELECT count(*) FROM configs),"
    b" (SELECT sum(generation) FROM notifications)"
)
"""Changes with every write: each increases a revision counter or the generation of a notification."""


@pytest.fixture(scope="session")
def _sqlite_writes(shared_sqlite: Service) -> Iterator[Callable[[], object]]:
    """A value that changes with each transaction that changes the SQLite file."""
    create(shared_sqlite.client, {"deviceName": "witness"})
    with closing(sqlite3.connect(shared_sqlite.database_url.removeprefix("sqlite:///"))) as connection:
        yield lambda: connection.execute("PRAGMA data_version").fetchone()


@pytest.fixture(scope="session")
def _postgresql_writes(shared_postgresql: Service) -> Iterator[Callable[[], object]]:
    """A value that changes with each write to the PostgreSQL database."""
    create(shared_postgresql.client, {"deviceName": "witness"})
    with psycopg.connect(shared_postgresql.database_url, autocommit=True) as connection:
        yield lambda: connection.execute(_WRITTEN).fetchone()


@pytest.fixture
def writes(request: pytest.FixtureRequest, both: Service) -> Callable[[], object]:
    """A value that changes with each write to the database of `both`."""
    kind = "sqlite" if both.database_url.startswith("sqlite") else "postgresql"
    found: Callable[[], object] = request.getfixturevalue(f"_{kind}_writes")
    return found


@pytest.fixture
def untouched(both: Service, writes: Callable[[], object]) -> Iterator[Caller]:
    """A client of `both`; the test must not change a config."""
    before = writes()
    yield both.client
    assert before == writes(), "something was stored"


@pytest.fixture
def untouched_single(single: Service, _sqlite_writes: Callable[[], object]) -> Iterator[Caller]:
    """A client of `single`; the test must not change the database."""
    before = _sqlite_writes()
    yield single.client
    assert before == _sqlite_writes(), "something was stored"


@pytest.fixture
def start_single(sqlite_url: str) -> Iterator[Callable[..., Service]]:
    """Starts the API on an empty SQLite file; arguments are settings."""
    with ExitStack() as stack:
        yield lambda **environ: stack.enter_context(service_on(sqlite_url, **environ))


@pytest.fixture
def start_service(database_url: str) -> Iterator[Callable[..., Service]]:
    """Starts the API on an empty database of each kind; arguments are settings."""
    with ExitStack() as stack:
        yield lambda **environ: stack.enter_context(service_on(database_url, **environ))


@pytest.fixture(scope="session")
def tuned(on_sqlite: Starter) -> Iterator[Service]:
    """The API with its own settings: two origins, required `If-Match`, and a small limit of content."""
    with on_sqlite(
        CORS_ORIGINS="https://panel.example.org, http://localhost:5173",
        IOTCONFIG_REQUIRE_IF_MATCH="true",
        IOTCONFIG_MAX_CONTENT_BYTES="2048",
    ) as service:
        yield service


@pytest.fixture(scope="session")
def pictures(on_sqlite: Starter) -> Iterator[Service]:
    """The API that may fetch pictures from 127.0.0.1."""
    with on_sqlite(
        CORS_ORIGINS="https://panel.example.org",
        IOTCONFIG_PICTURE_NETWORKS="127.0.0.1, ::1",
        IOTCONFIG_PICTURE_TIMEOUT="3",
        IOTCONFIG_MAX_PICTURE_BYTES="200000",
        IOTCONFIG_MAX_PICTURE_PIXELS="1000000",
    ) as service:
        yield service


@contextmanager
def _depot(place: Path, **settings: str) -> Iterator[LocalDepot]:
    given = {**settings_of(place), **settings}
    with service_on(f"sqlite:///{place / 'configs.db'}", **given) as service:
        yield LocalDepot(service.database_url, service.client, place / "assets", signing_key())


@pytest.fixture(scope="session")
def shared_depot(_directories: Callable[[], Path]) -> Iterator[LocalDepot]:
    """The API with assets; each test uses its own names."""
    with _depot(_directories()) as depot:
        yield depot


@pytest.fixture
def start_depot(_directories: Callable[[], Path]) -> StartDepot:
    """The API with assets, for the duration of a block; in one test, each has the same database and directory."""
    return partial(_depot, _directories())


@pytest.fixture
def depot(shared_depot: LocalDepot) -> Iterator[LocalDepot]:
    """The shared API with assets; after the test, no temporary file of a transfer is left."""
    yield shared_depot
    assert not any(name.startswith(".") for name in shared_depot.on_disk())
    assert [] == shared_depot.held()


@pytest.fixture
def unused_name(depot: LocalDepot) -> Iterator[str]:
    """A name without a stored asset."""
    name = new_name()
    yield name
    assert name not in depot.listed()
    assert name not in depot.on_disk()


@pytest.fixture(scope="session")
def strict(_directories: Callable[[], Path]) -> Iterator[LocalDepot]:
    """The API that accepts only the stronger form of signatures, small assets, and timestamps within a minute."""
    with _depot(
        _directories(),
        IOTCONFIG_ASSET_SIGNATURE="strong",
        IOTCONFIG_MAX_ASSET_BYTES="100000",
        TIMESTAMP_TOLERANCE_SECONDS="60",
    ) as depot:
        yield depot
