"""Fixtures that start real components: one PostgreSQL server a run, and a database for each test."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.file_seconds import FileSeconds, longest_first
from tests.support.listener import Listener
from tests.support.memory_disk import memory_disk
from tests.support.mosquitto import Mosquitto
from tests.support.picture_server import PictureServer
from tests.support.postgres import PostgresServer, create_database, drop_database
from tests.support.serving import Serve
from tests.support.spare_databases import SpareDatabases

pytest_plugins = ("tests.support.sign_in_fixtures",)

_TEMPLATE = "iotconfig_template"

# Tests start thousands of interpreters: without bytecode files, each would compile what it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

if (place := memory_disk()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))

# Both limits are seconds of a clock, and a busy machine exceeds them without a defect.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

# Shells ignore Ctrl-C in what they run in the background, and its children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that renew recorded measurements and snapshots."""
    parser.addoption("--renew-seconds", action="store_true", help="measure the duration of each file")
    parser.addoption(
        "--renew-snapshots", action="store_true", help="record the output of commands instead of comparing it"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Measure on request, in the process that receives the reports of all tests; look for garbage rarely."""
    # With the usual thresholds, a process spends half of the collection of 12,000 tests in looking for garbage.
    gc.set_threshold(50_000, 20, 20)
    if config.getoption("--renew-seconds") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FileSeconds())


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through the tests and their modules again and again."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest run first."""
    longest_first(items)


@pytest.fixture(scope="session")
def postgres_base_url() -> Iterator[str]:
    """A PostgreSQL server's administrator URL: TEST_DATABASE_URL, or a server started for this run."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    server = PostgresServer()
    yield server.base_url
    server.close()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server for one test, which may stop, freeze or crash it."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def empty_postgres_url(postgres_base_url: str) -> Iterator[str]:
    """A new, empty PostgreSQL database."""
    name = f"iotconfig_{uuid.uuid4().hex}"
    yield create_database(postgres_base_url, name)
    drop_database(postgres_base_url, name)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'configs.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    url: str = request.getfixturevalue(
        {"sqlite": "empty_sqlite_url", "postgresql": "empty_postgres_url"}[request.param]
    )
    return url


@pytest.fixture(scope="session")
def _postgres_template(postgres_base_url: str) -> Iterator[str]:
    drop_database(postgres_base_url, _TEMPLATE)
    Migrations(DatabaseUrl.parse(create_database(postgres_base_url, _TEMPLATE))).upgrade()
    yield _TEMPLATE
    drop_database(postgres_base_url, _TEMPLATE)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    Migrations(DatabaseUrl.parse(f"sqlite:///{path}")).upgrade()
    return path


@pytest.fixture(scope="session")
def _spare_databases(postgres_base_url: str, _postgres_template: str) -> Iterator[SpareDatabases]:
    spare = SpareDatabases(postgres_base_url, _postgres_template)
    yield spare
    spare.drop_all()


@pytest.fixture
def postgres_url(_spare_databases: SpareDatabases) -> Iterator[str]:
    """A PostgreSQL database with the current schema and no rows."""
    url = _spare_databases.take()
    yield url
    _spare_databases.give_back(url)


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """A new SQLite file with the current schema and no rows."""
    path = tmp_path / "configs.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database of each kind with the current schema and no rows."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker for one test, which may stop, freeze or kill it."""
    broker = Mosquitto(tmp_path)
    yield broker
    broker.kill()


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    """A client that subscribes to all topics of the test's broker."""
    with Listener(broker.port) as listener:
        yield listener


@pytest.fixture
def start_serve(tmp_path: Path) -> Iterator[Callable[..., Serve]]:
    """Starts `iotconfig serve` processes, which are killed at the end of the test."""
    started: list[Serve] = []

    def start(database_url: str, **options: Any) -> Serve:
        serve = Serve(database_url, tmp_path / f"serve-{len(started)}.log", **options)
        started.append(serve)
        return serve.wait_ready()

    yield start
    for serve in started:
        serve.__exit__(None, None, None)


@pytest.fixture
def serve(start_serve: Callable[..., Serve], database_url: str) -> Serve:
    """`iotconfig serve` on each kind of database."""
    return start_serve(database_url)


@pytest.fixture
def picture_server() -> Iterator[PictureServer]:
    """A web server to fetch pictures from."""
    with PictureServer() as server:
        yield server
