"""A SQLite file that is replaced while it is open: no acknowledged change is missing after a restart."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.jobs.sqlite import SqliteLease
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import entry
from tests.support.sqlite_files import backup_of, copy_onto
from tests.support.waiting import wait_until

Swap = Callable[[Path], object]


@pytest.fixture
def path(tmp_path: Path, _sqlite_template: Path) -> Path:
    """A database in a new directory, accessed through a symbolic link."""
    (tmp_path / "data").mkdir()
    shutil.copy(_sqlite_template, tmp_path / "data" / "configs.db")
    shutil.copytree(tmp_path / "data", tmp_path / "other")
    (tmp_path / "link").symlink_to("data")
    return tmp_path / "link" / "configs.db"


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(path, Timeouts(lock=0.2))
    yield database
    database.close()


@pytest.fixture
def service(database: SqliteDatabase) -> ConfigService:
    service = ConfigService(SqlStore(database), utc_now)
    service.put(mac(1), content())
    return service


def _backup(path: Path) -> Path:
    """Another database beside this one, before it is moved to its name."""
    return backup_of(path.parents[1] / "other" / path.name).rename(path.with_name("backup.db"))


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name}-{kind}")


def _replace(path: Path) -> None:
    _backup(path).replace(path)


def _replace_cleanly(path: Path) -> None:
    _replace(path)
    for kind in ("wal", "shm"):
        _beside(path, kind).unlink()


def _swap_directories(path: Path) -> None:
    (path.parents[1] / "data").rename(path.parents[1] / "gone")
    (path.parents[1] / "other").rename(path.parents[1] / "data")


def _point_elsewhere(path: Path) -> None:
    path.parent.unlink()
    path.parent.symlink_to("other")


def _replace_log(path: Path) -> None:
    copy = _beside(path, "copy")
    shutil.copy(_beside(path, "wal"), copy)
    copy.replace(_beside(path, "wal"))


def _cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 4096)


_SWAPS = [
    pytest.param(lambda path: copy_onto(_backup(path), path), id="overwritten"),
    pytest.param(_cut_off, id="cut-off"),
    pytest.param(lambda path: os.truncate(path, 0), id="truncated"),
    pytest.param(_replace, id="replaced"),
    pytest.param(_replace_cleanly, id="replaced-without-log"),
    pytest.param(Path.unlink, id="removed"),
    pytest.param(_swap_directories, id="directory-swapped"),
    pytest.param(_point_elsewhere, id="link-re-pointed"),
    pytest.param(lambda path: _beside(path, "wal").unlink(), id="log-removed"),
    pytest.param(_replace_log, id="log-replaced"),
    pytest.param(lambda path: _beside(path, "shm").unlink(), id="index-removed"),
]


@pytest.mark.parametrize("swap", _SWAPS)
def test_a_replaced_file_takes_no_writes(
    path: Path, database: SqliteDatabase, service: ConfigService, swap: Swap
) -> None:
    """Writes, bulk writes and health checks are refused, and soon reads as well; the sentence has the remedy."""
    swap(path)

    for ask in (
        lambda: service.put(mac(2), content()),
        lambda: BulkService(SqlStore(database), utc_now).load([entry(3)], ImportOptions()),
        database.check,
    ):
        with pytest.raises(StoreUnavailable, match=r"[Rr]estart|start it") as refused:
            ask()
        assert refused.value.is_outcome_known

    def is_refused() -> bool:
        try:
            service.document(mac(1))
        except StoreUnavailable:
            return True
        return False

    wait_until(is_refused, "reads are refused")


def test_a_file_that_is_replaced_within_a_transaction_is_not_acknowledged(
    path: Path, database: SqliteDatabase, service: ConfigService
) -> None:
    """This holds for a pooled connection, whose outcome is unknown, and for a long session."""
    with pytest.raises(StoreUnavailable) as refused, database.writing():
        _replace(path)
    assert not refused.value.is_outcome_known
    late = SqliteDatabase(path, Timeouts())
    with pytest.raises(StoreUnavailable), late.session() as session, session.writing():
        _replace(path)
    late.close()


@pytest.mark.parametrize(
    "swap",
    [
        pytest.param(lambda path: _beside(path, "wal").unlink(), id="log-removed"),
        pytest.param(lambda path: _beside(path, "shm").unlink(), id="index-removed"),
    ],
)
def test_acknowledged_changes_survive_the_removal_of_the_log(
    path: Path, database: SqliteDatabase, service: ConfigService, swap: Swap
) -> None:
    """This holds even if another process tried to open the file meanwhile."""
    swap(path)
    with pytest.raises(StoreUnavailable):
        service.put(mac(2), content())
    late = SqliteDatabase(path, Timeouts(lock=0.2))
    with suppress(StoreUnavailable):
        ConfigService(SqlStore(late), utc_now).put(mac(3), content())
    late.close()
    database.close()
    restarted = SqliteDatabase(path, Timeouts())
    found = ConfigService(SqlStore(restarted), utc_now).document(mac(1))
    restarted.close()

    assert b"{}" == found.body


def test_the_log_of_the_replaced_file_is_not_applied_to_the_new_one(
    path: Path, database: SqliteDatabase, service: ConfigService
) -> None:
    """It is not lost either: the earlier file has all of its changes."""
    path.rename(path.with_name("earlier.db"))
    _replace(path)
    with pytest.raises(StoreUnavailable):
        service.put(mac(2), content())
    database.close()

    def stored(name: str) -> int | None:
        found = SqliteDatabase(path.with_name(name), Timeouts())
        try:
            return ConfigService(SqlStore(found), utc_now).find(ConfigQuery()).count
        finally:
            found.close()

    assert [0, 1] == [stored("configs.db"), stored("earlier.db")]


def test_a_later_process_checks_the_identity_of_the_file(
    path: Path, database: SqliteDatabase, service: ConfigService
) -> None:
    """It does not open another file."""
    status = path.stat()
    _replace(path)
    late = SqliteDatabase(path, Timeouts(), file=(status.st_dev, status.st_ino))

    with pytest.raises(StoreUnavailable, match="was replaced"):
        late.check()
    assert not late.use().idle


def test_a_file_that_is_restored_is_served_again(
    path: Path, database: SqliteDatabase, service: ConfigService
) -> None:
    """It is the same file: nothing was lost, and no restart is needed."""
    path.rename(path.with_name("away.db"))
    with pytest.raises(StoreUnavailable):
        database.check()
    path.with_name("away.db").rename(path)

    database.check()
    service.put(mac(2), content())


def test_a_relay_whose_lock_file_was_removed_does_not_stay_active(path: Path) -> None:
    """Another relay may hold the lock of a new file: only one is active."""
    first, second = SqliteLease(path, "relay"), SqliteLease(path, "relay")
    assert first.hold()
    path.with_name(f"{path.name}-relay.lock").unlink()

    assert second.hold()
    assert not first.hold()
    second.release()
    assert first.hold()
    first.release()
