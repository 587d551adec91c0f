"""Look-ups of documents on SQLite: direct statements that wait while the file is locked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from iotconfig.adapters.sql.engine import sqlite
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.testing.builders import content, mac


@contextmanager
def _opened(url: str) -> Iterator[ConfigService]:
    database = SqliteDatabase(DatabaseUrl.parse(url).path, Timeouts(lock=0.2))
    try:
        yield ConfigService(SqlStore(database), utc_now)
    finally:
        database.close()


@contextmanager
def _locked(url: str) -> Iterator[sqlite3.Connection]:
    """An exclusive lock, as a process has that opens or closes the file."""
    with closing(sqlite3.connect(DatabaseUrl.parse(url).path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE configs SET revision = revision")
        yield other


def test_a_file_that_stays_locked_gives_503_in_time(sqlite_url: str) -> None:
    """The wait is limited; afterwards the same connections work."""
    with _opened(sqlite_url) as service:
        service.put(mac(1), content())
    with _opened(sqlite_url) as service:
        with _locked(sqlite_url), pytest.raises(StoreUnavailable):
            service.document(mac(1))

        assert b"{}" == service.document(mac(1)).body


def test_a_file_that_is_locked_for_a_moment_is_waited_for(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up is repeated, and succeeds."""
    with _opened(sqlite_url) as service:
        service.put(mac(1), content())
    refusals = []

    def is_busy(error: BaseException) -> bool:
        refusals.append(error)
        other.close()
        return True

    with _opened(sqlite_url) as service, _locked(sqlite_url) as other:
        monkeypatch.setattr(sqlite, "is_busy", is_busy)

        assert b"{}" == service.document(mac(1)).body

    assert refusals


def test_a_file_without_tables(empty_sqlite_url: str) -> None:
    """The error differs from that of an unavailable file, and has the remedy."""
    sqlite3.connect(DatabaseUrl.parse(empty_sqlite_url).path).close()
    with _opened(empty_sqlite_url) as service, pytest.raises(StoreUnavailable, match="iotconfig upgrade-db"):
        service.document(mac(1))
