"""The log of a SQLite database: it grows during a long read, and shrinks afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from iotconfig.adapters.sql.engine import sqlite
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase, open_file
from iotconfig.adapters.sql.engine.sqlite_file import LOG_BYTES
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.service import ConfigService
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.testing.builders import content, mac


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(path, Timeouts())
    yield database
    database.close()


@contextmanager
def _read(path: Path) -> Iterator[None]:
    """A reader of the current state of the database."""
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM configs").fetchone()
        yield


def _grow(database: SqliteDatabase) -> None:
    service = ConfigService(SqlStore(database), utc_now)
    number = 0
    while database.log().bytes <= LOG_BYTES:
        number += 1
        service.put(mac(1), content(fill=f"{number}" + "x" * 200_000))


def test_it_is_emptied_after_the_last_reader(path: Path, database: SqliteDatabase) -> None:
    """During a read it is unchanged, and no request waits."""
    keeper = open_file(path, Timeouts())
    with _read(path):
        _grow(database)
        keeper.shorten_log()
        before = database.log().bytes
    keeper.shorten_log()
    keeper.close()

    assert before > LOG_BYTES
    assert 0 == database.log().bytes


def test_a_log_that_cannot_shrink_is_reported(
    path: Path, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report has size, reason and remedy; a small log is not reported."""
    assert database.log().problem is None
    monkeypatch.setattr(sqlite, "STUCK_BYTES", LOG_BYTES)
    with _read(path):
        _grow(database)
        found = database.log()

    assert found.problem is not None
    assert f"has grown to {found.bytes // 1_000_000} MB" in found.problem
    assert "End that" in found.problem
