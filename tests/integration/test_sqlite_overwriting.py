"""A SQLite file that is overwritten in place while it is open: every process refuses it, and its log does not damage it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from iotconfig.adapters.sql.engine import sqlite_overwriting
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase, open_file
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.testing.builders import content, mac
from tests.support.sqlite_files import backup_of, checkpoint, copy_onto, problems

OVERWRITTEN = r"overwritten or cut off .* start it"

_WRITER = """
import random, sqlite3, sys
path, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)

def opened():
    connection = sqlite3.connect(path, isolation_level=None, timeout=60)
    connection.executescript("PRAGMA wal_autocheckpoint = 10; PRAGMA synchronous = OFF;")
    return connection

connection = opened()
for _ in range(count):
    kind = chance.randrange(30)
    statement = {
        0: "PRAGMA wal_checkpoint(TRUNCATE)",
        1: "PRAGMA wal_checkpoint(RESTART)",
        2: "VACUUM",
        3: "DELETE FROM trial WHERE rowid % 3 = 0",
    }.get(kind, "INSERT INTO trial VALUES (zeroblob(2000))")
    if kind == 4:
        connection.close()
        connection = opened()
    try:
        connection.execute(statement).fetchall()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
"""


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., SqliteDatabase]]:
    """Opens the database as a process does; it is closed at the end."""
    databases = []

    def opened(path: Path = path) -> SqliteDatabase:
        databases.append(SqliteDatabase(path, Timeouts(lock=0.2)))
        return databases[-1]

    yield opened
    for database in databases:
        database.close()


def _service(database: SqliteDatabase) -> ConfigService:
    return ConfigService(SqlStore(database), utc_now)


def _stored(database: SqliteDatabase) -> list[str]:
    return [str(config.mac_address) for config in _service(database).find(ConfigQuery()).configs]


@pytest.mark.parametrize("is_copied", [True, False], ids=["all-checkpointed", "with-log"])
@pytest.mark.parametrize(
    ("there", "copied"), [(0, 0), (0, 200_000), (200_000, 0)], ids=["same-size", "larger", "smaller"]
)
def test_an_overwriting_copy_is_served_after_a_restart(
    path: Path, opened: Callable[..., SqliteDatabase], there: int, copied: int, is_copied: bool
) -> None:
    """It is intact. Until then every process refuses it, including one that starts meanwhile."""
    backup = path.with_name("backup.db")
    shutil.copy(path, backup)
    other = opened(backup)
    _service(other).put(mac(9), content(fill="x" * copied))
    other.close()
    first, second = opened(), opened()
    _service(first).put(mac(1), content(fill="x" * there))
    checkpoint(path)
    _service(second).put(mac(2), content())
    if is_copied:
        checkpoint(path)
    first.check()

    sizes = path.stat().st_size, backup.stat().st_size
    copy_onto(backup, path)

    for ask in (lambda: _service(first).put(mac(3), content()), second.check, opened().check):
        with pytest.raises(StoreUnavailable, match=OVERWRITTEN) as refused:
            ask()
        assert refused.value.is_outcome_known
    first.close()
    with pytest.raises(StoreUnavailable, match=OVERWRITTEN):
        second.check()
    for database in (second, opened()):
        database.close()
    assert (copied > there, copied < there) == (sizes[0] < sizes[1], sizes[0] > sizes[1])
    assert backup.read_bytes() == path.read_bytes()
    assert "ok" == problems(path)
    restarted = opened()
    _service(restarted).put(mac(4), content())
    assert [str(mac(4)), str(mac(9))] == _stored(restarted)


def test_a_transaction_during_overwriting_is_not_committed(
    path: Path, opened: Callable[..., SqliteDatabase]
) -> None:
    """The copy is intact even if no check ran before the file was closed."""
    backup = backup_of(path)
    database = opened()
    _service(database).put(mac(1), content())
    store = SqlStore(database)

    with pytest.raises(StoreUnavailable, match=OVERWRITTEN) as refused, store.writing():
        copy_onto(backup, path)
    database.close()

    assert refused.value.is_outcome_known
    assert backup.read_bytes() == path.read_bytes()
    assert [] == _stored(opened())


def test_a_file_that_is_overwritten_just_before_it_is_closed_is_not_damaged(
    path: Path, opened: Callable[..., SqliteDatabase]
) -> None:
    """Closing checks again. The contents of the log are kept in a private file."""
    backup = backup_of(path)
    database = opened()
    _service(database).put(mac(1), content())
    log = path.with_name(f"{path.name}-wal").read_bytes()
    copy_onto(backup, path)
    database.close()
    aside = path.with_name(f"{path.name}-wal.replaced")

    assert backup.read_bytes() == path.read_bytes()
    assert (log, 0o600) == (aside.read_bytes(), aside.stat().st_mode & 0o777)


def test_processes_share_their_last_check(path: Path) -> None:
    """All processes of a service share it, late ones too; the check of an earlier run is ignored."""
    backup = backup_of(path)
    left = path.with_name(f"{path.name}-checkpoint")
    left.write_bytes(b"\0" * 152)
    first = open_file(path, Timeouts(), is_first=True)
    idle, late = (open_file(path, Timeouts(), first.identity()) for _ in range(2))
    idle.check()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE trial (value)")
    checkpoint(path)
    first.check()
    copy_onto(backup, path)

    for file in (idle, late):
        with pytest.raises(StoreUnavailable, match=OVERWRITTEN):
            file.check()
        file.close()
    first.close()
    assert not left.exists()
    assert backup.read_bytes() == path.read_bytes()


def test_one_process_digests_the_file_after_a_checkpoint(path: Path) -> None:
    """The others take over its state while time and size are the same, and digest the file if they are not."""
    first = open_file(path, Timeouts(), is_first=True)
    second = open_file(path, Timeouts(), first.identity())
    with mock.patch.object(sqlite_overwriting, "_sampled", wraps=sqlite_overwriting._sampled) as digested:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE trial (value)")
        checkpoint(path)
        first.check()
        by_first = digested.call_count
        second.check()
        by_second = digested.call_count - by_first
        os.utime(path, (1e9, 1e9))
        second.check()
        touched = digested.call_count - by_first - by_second

    second.close()
    first.close()
    assert (1, 0, 1) == (by_first, by_second, touched)


def test_a_process_that_shares_nothing_compares_the_file_with_the_log(
    path: Path, opened: Callable[..., SqliteDatabase]
) -> None:
    """This holds if a checkpoint came between its checks, and for a copy of the same size."""
    backup = backup_of(path)
    database, other = opened(), opened()
    database.check()
    _service(other).put(mac(1), content())
    checkpoint(path)
    assert backup.stat().st_size == path.stat().st_size
    copy_onto(backup, path)

    with pytest.raises(StoreUnavailable, match=OVERWRITTEN):
        database.check()
    for each in (other, database):
        each.close()
    assert backup.read_bytes() == path.read_bytes()


def test_a_checkpoint_that_was_broken_off_is_completed(path: Path, tmp_path: Path) -> None:
    """After a power loss, it could not be distinguished from overwriting otherwise."""
    broken = tmp_path / "broken"
    broken.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE trial (value)")
        for kind in ("", "-wal"):
            shutil.copy(f"{path}{kind}", broken)
    path = broken / path.name
    file = open_file(path, Timeouts())
    file.shorten_log()
    file.check()
    backup = backup_of(path)
    copy_onto(backup, path)

    with pytest.raises(StoreUnavailable, match=OVERWRITTEN):
        file.check()
    file.close()


@pytest.mark.parametrize("copied", [False, True], ids=["log-not-copied", "log-copied"])
def test_a_file_whose_times_or_mode_alone_change_is_not_overwritten(
    path: Path, opened: Callable[..., SqliteDatabase], copied: bool
) -> None:
    """After `touch` or `chmod`, setting the log aside would lose acknowledged changes."""
    database, other = opened(), opened()
    number = 0
    for seconds in (None, (1e9, 2e9), (5e8, 5e8), (2e9, 1e9)):
        number += 1
        _service(database).put(mac(number), content())
        if copied:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        other.check()
        before = path.stat().st_mtime_ns
        while path.stat().st_mtime_ns == before:
            os.utime(path, seconds)
        path.chmod(0o640 if number % 2 else 0o600)
        # A reader changes the time of access; closing the file in this process would release SQLite's locks.
        subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)
        other.check()

    _service(other).put(mac(number + 1), content())
    assert number + 1 == len(_stored(database))


def test_checkpoints_of_other_processes_are_not_taken_for_overwriting(path: Path) -> None:
    """Automatic and manual ones, VACUUM, and opening and closing the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE trial (value)")
    first = open_file(path, Timeouts(lock=60), is_first=True)
    second = open_file(path, Timeouts(lock=60), first.identity())
    seen = path.with_name(f"{path.name}-checkpoint")
    states = set()
    for _ in range(20):
        writers = [
            subprocess.Popen([sys.executable, "-c", _WRITER, str(path), "400", str(seed)])
            for seed in range(2)
        ]
        while any(writer.poll() is None for writer in writers):
            first.check()
            second.check()
            if seen.exists():
                states.add(seen.read_bytes())
        assert [0, 0] == [writer.returncode for writer in writers]
        # On a busy machine, only a few checkpoints of a round are observed.
        if len(states) > 10:
            break
    second.close()
    first.close()

    assert len(states) > 10
    assert "ok" == problems(path)


def test_a_checkpoint_that_was_refused_does_not_hide_what_was_overwritten(
    path: Path, opened: Callable[..., SqliteDatabase]
) -> None:
    """SQLite starts to copy into a file that was made much smaller, and fails."""
    backup = backup_of(path)
    database, other = opened(), opened()
    _service(other).put(mac(1), content(fill="x" * 200_000))
    checkpoint(path)
    _service(other).put(mac(1), content())
    database.check()
    copy_onto(backup, path)
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        checkpoint(path)

    with pytest.raises(StoreUnavailable, match=OVERWRITTEN):
        database.check()
    for each in (other, database):
        each.close()
    assert backup.read_bytes() == path.read_bytes()
