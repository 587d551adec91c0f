"""Servers that tests share, so that each starts once, and separate relays."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import trustme

from iotconfig.domain.configs.service import ConfigService
from tests.support.depot import Depot, new_name, settings_of
from tests.support.fleet_files import ANY, COUNT, FEW, write_fleet
from tests.support.http import Client
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import create_database, drop_database
from tests.support.relaying import RelayProcess, config_service, relay_starter
from tests.support.serving import Serve
from tests.support.signing import signing_key
from tests.support.waiting import wait_until


@pytest.fixture(scope="session")
def shared_sqlite(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A shared server on SQLite."""
    directory = tmp_path_factory.mktemp("sqlite-serve")
    shutil.copy(_sqlite_template, directory / "configs.db")
    with Serve(f"sqlite:///{directory / 'configs.db'}", directory / "serve.log", workers=2) as serve:
        yield serve


@pytest.fixture(scope="session")
def shared_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres_base_url: str, _postgres_template: str
) -> Iterator[Serve]:
    """A shared server on PostgreSQL."""
    name = f"iotconfig_{uuid.uuid4().hex}"
    url = create_database(postgres_base_url, name, _postgres_template)
    with Serve(url, tmp_path_factory.mktemp("postgres-serve") / "serve.log", workers=2) as serve:
        yield serve
    drop_database(postgres_base_url, name)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest) -> Serve:
    """A server on each kind of database. Tests share it, so each uses its own devices."""
    serve: Serve = request.getfixturevalue(
        {"sqlite": "shared_sqlite", "postgresql": "shared_postgres"}[request.param]
    )
    return serve


@pytest.fixture
def single(shared_sqlite: Serve) -> Serve:
    """The server on SQLite, for behaviour that does not depend on the database."""
    return shared_sqlite


@pytest.fixture(scope="session")
def shared_uncompiled(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A server without the compiled parser: gunicorn parses requests in Python."""
    directory = tmp_path_factory.mktemp("uncompiled-serve")
    (directory / "gunicorn_h1c.py").write_text("raise ImportError")
    shutil.copy(_sqlite_template, directory / "configs.db")
    with Serve(
        f"sqlite:///{directory / 'configs.db'}", directory / "serve.log", PYTHONPATH=str(directory)
    ) as serve:
        yield serve


@pytest.fixture(params=["compiled", "python"])
def each_parser(request: pytest.FixtureRequest) -> Serve:
    """A server with each of gunicorn's parsers."""
    if request.param == "compiled" and not find_spec("gunicorn_h1c"):
        pytest.skip("gunicorn's compiled parser is not installed")
    serve: Serve = request.getfixturevalue(
        {"compiled": "shared_sqlite", "python": "shared_uncompiled"}[request.param]
    )
    return serve


@pytest.fixture(scope="session")
def picture_authority() -> trustme.CA:
    """The authority that `picture_serve` trusts for TLS."""
    return trustme.CA()


@pytest.fixture(scope="session")
def picture_serve(
    tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path, picture_authority: trustme.CA
) -> Iterator[Serve]:
    """A service with one worker that may fetch from 127.0.0.1, and has short time limits."""
    directory = tmp_path_factory.mktemp("pictures-serve")
    picture_authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    shutil.copy(_sqlite_template, directory / "configs.db")
    with Serve(
        f"sqlite:///{directory / 'configs.db'}",
        directory / "serve.log",
        workers=1,
        SSL_CERT_FILE=str(directory / "ca.pem"),
        CORS_ORIGINS="https://panel.example.org",
        IOTCONFIG_PICTURE_NETWORKS="127.0.0.1, ::1",
        IOTCONFIG_PICTURE_TIMEOUT="3",
        IOTCONFIG_MAX_PICTURE_BYTES="200000",
        IOTCONFIG_MAX_PICTURE_PIXELS="1000000",
    ) as serve:
        yield serve
        assert "Traceback" not in serve.output()
        assert "Warning" not in serve.output()


_WRITTEN = "SELECT (SELECT sum(last_revision) FROM revision_counters), (SELECT count(*) FROM configs)"
"""Changes with every write: each gives a device a number, and none goes back."""


@pytest.fixture
def untouched_each_parser(each_parser: Serve) -> Iterator[Client]:
    """A client of `each_parser`; after the test, the same workers run and the same configs are stored."""
    workers = each_parser.worker_pids()
    with closing(sqlite3.connect(each_parser.database_url.removeprefix("sqlite:///"))) as connection:
        before = connection.execute(_WRITTEN).fetchone()
        yield each_parser.client
        assert before == connection.execute(_WRITTEN).fetchone()
    assert workers == each_parser.worker_pids()
    assert "Traceback" not in each_parser.output()


@pytest.fixture
def start_relay(
    database_url: str, broker: Mosquitto, tmp_path: Path
) -> Iterator[Callable[..., RelayProcess]]:
    """Starts relays from the test's database to its broker; they are ended with the test."""
    with relay_starter(database_url, broker.url, tmp_path) as start:
        yield start


@pytest.fixture
def service(database_url: str) -> Iterator[ConfigService]:
    """The use cases on the test's database, as in a shell beside the relay."""
    with config_service(database_url) as service:
        yield service


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A file with so many records that an import of it can be interrupted."""
    return write_fleet(tmp_path / "fleet.ndjson", COUNT)


@pytest.fixture
def small_fleet(tmp_path: Path) -> Path:
    """Fewer and larger records, for work that takes longer for each record."""
    return write_fleet(tmp_path / "small.ndjson", FEW, pad=300)


@pytest.fixture
def any_fleet(tmp_path: Path) -> Path:
    """A file with some records."""
    return write_fleet(tmp_path / "any.ndjson", ANY)


@contextmanager
def _depot(place: Path, database_url: str, **settings: str) -> Iterator[Depot]:
    given: dict[str, Any] = {**settings_of(place), **settings}
    with Serve(database_url, place / "serve.log", workers=2, **given) as serve:
        yield Depot(serve, place / "assets", signing_key())


def _clean(depot: Depot) -> Iterator[Depot]:
    workers = depot.serve.worker_pids()
    yield depot
    assert workers == depot.serve.worker_pids()
    assert "Traceback" not in depot.serve.output()
    wait_until(lambda: not any(name[0] == "." for name in depot.on_disk()), "no upload left anything")
    wait_until(lambda: not depot.held(), "all files are closed")


@pytest.fixture(scope="session")
def shared_depot(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Depot]:
    """A shared service with assets on SQLite; each test uses its own names."""
    place = tmp_path_factory.mktemp("depot")
    shutil.copy(_sqlite_template, place / "configs.db")
    with _depot(place, f"sqlite:///{place / 'configs.db'}") as depot:
        yield depot


@pytest.fixture(scope="session")
def shared_postgres_depot(
    tmp_path_factory: pytest.TempPathFactory, postgres_base_url: str, _postgres_template: str
) -> Iterator[Depot]:
    """The same on PostgreSQL."""
    name = f"iotconfig_{uuid.uuid4().hex}"
    url = create_database(postgres_base_url, name, _postgres_template)
    with _depot(tmp_path_factory.mktemp("postgres-depot"), url) as depot:
        yield depot
    drop_database(postgres_base_url, name)


@pytest.fixture
def depot(shared_depot: Depot) -> Iterator[Depot]:
    """The shared service on SQLite; after the test the workers are the same, and no temporary file of a transfer is left."""
    yield from _clean(shared_depot)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_depot(request: pytest.FixtureRequest) -> Iterator[Depot]:
    """A shared service on each kind of database, with the checks of `depot`."""
    found: Depot = request.getfixturevalue(
        {"sqlite": "shared_depot", "postgresql": "shared_postgres_depot"}[request.param]
    )
    yield from _clean(found)


@pytest.fixture
def start_depot(start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path) -> Callable[..., Depot]:
    """Starts services with assets for one test, which may break them."""

    def start(database_url: str = sqlite_url, **options: object) -> Depot:
        return Depot.start(start_serve, database_url, tmp_path, **options)

    return start


@pytest.fixture
def unused_name(depot: Depot) -> Iterator[str]:
    """A name without a stored asset."""
    name = new_name()
    yield name
    assert name not in depot.listed()
    assert name not in depot.on_disk()


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Depot]:
    """A service that accepts only the stronger form of signatures, small assets, and timestamps within a minute."""
    place = tmp_path_factory.mktemp("strict")
    shutil.copy(_sqlite_template, place / "configs.db")
    settings = {
        "IOTCONFIG_ASSET_SIGNATURE": "strong",
        "IOTCONFIG_MAX_ASSET_BYTES": "100000",
        "TIMESTAMP_TOLERANCE_SECONDS": "60",
    }
    with _depot(place, f"sqlite:///{place / 'configs.db'}", **settings) as depot:
        yield depot
    assert "Traceback" not in depot.serve.output()
