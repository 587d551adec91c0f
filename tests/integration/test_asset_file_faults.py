"""Failing disks and killed uploads: their remains and their errors."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from iotconfig.adapters.asset_files import FileAssetStore
from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.errors import AssetsUnavailable, StoreFull, StoreUnavailable
from tests.support.asset_files import NAME, by_hand, on_their_way, put, read


class _Failing:
    """A function of `os` that fails when it is called."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, *_arguments: object, **_more: object) -> int:
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EFBIG, StoreFull),
        (errno.EIO, AssetsUnavailable),
    ],
    ids=lambda value: errno.errorcode.get(value) if isinstance(value, int) else None,
)
def test_a_disk_that_fails_leaves_nothing(
    assets: FileAssetStore, directory: Path, call: str, number: int, error: type[Exception]
) -> None:
    """The old file stays, the new one is removed, and the refusal shows no path."""
    put(assets, b"old")
    with mock.patch.object(os, call, _Failing(number)), pytest.raises(error) as refused:
        put(assets, b"new")

    assert str(directory) not in str(refused.value)
    assert [".digests", "firmware.bin"] == sorted(path.name for path in directory.iterdir())
    assert b"old" == read(assets)[0]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
@pytest.mark.parametrize("use", ["upload", "removal"])
def test_a_directory_that_cannot_be_synced_leaves_the_outcome_open(
    assets: FileAssetStore, directory: Path, number: int, use: str
) -> None:
    """The name has changed already, so the error does not claim otherwise; a repeated call completes it."""
    put(assets, b"old")

    def act() -> None:
        if use == "upload":
            put(assets, b"new")
        else:
            assets.remove(NAME)

    with mock.patch.object(os, "fsync", _failing_on_directories(number)):
        with pytest.raises(StoreUnavailable) as refused:
            act()
        assert f"The directory of assets cannot be used: {os.strerror(number).lower()}." == str(refused.value)
        found = [read(assets, asset.name)[0] for asset in assets.find()]
    assert ([b"new"] if use == "upload" else []) == found
    assert 0 == on_their_way(directory)

    act()
    assert found == [read(assets, asset.name)[0] for asset in assets.find()]


def _failing_on_directories(number: int) -> Callable[[int], None]:
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    return fsync


def test_files_and_directories_are_synced_in_order(assets: FileAssetStore, directory: Path) -> None:
    """In another order, a power loss leaves a name without bytes, or loses an acknowledged file."""
    directory.mkdir(parents=True)
    calls: list[str] = []
    sync, rename, unlink = os.fsync, os.rename, os.unlink

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        calls.append(f"sync {'directory' if path == directory else path.name.partition('-')[0]}")
        sync(descriptor)

    def renamed(source: Path, target: Path) -> None:
        calls.append(f"rename {source.name.partition('-')[0]} {target.name}")
        rename(source, target)

    def unlinked(path: str | Path, **more: int) -> None:
        if Path(path) == directory / str(NAME):
            calls.append("unlink")
        unlink(path, **more)

    with (
        mock.patch.object(os, "fsync", fsync),
        mock.patch.object(os, "rename", renamed),
        mock.patch.object(os, "unlink", unlinked),
        assets.receive() as incoming,
    ):
        incoming.write(b"new")
        incoming.complete()
        assert ["sync .upload"] == calls
        incoming.save_as(NAME)
        assert ["sync .upload", "rename .upload firmware.bin", "sync directory"] == calls
        assets.remove(NAME)
        assert ["unlink", "sync directory"] == calls[3:]


def test_only_the_rename_is_in_the_transaction(assets: FileAssetStore, directory: Path) -> None:
    """The digest is recorded when the file is closed."""
    with assets.receive() as incoming:
        incoming.complete()
        incoming.save_as(NAME)
        assert ["firmware.bin"] == [path.name for path in directory.iterdir()]

    assert [".digests", "firmware.bin"] == sorted(path.name for path in directory.iterdir())


def test_a_file_instead_of_the_directory_is_an_error(tmp_path: Path) -> None:
    """Every use fails, and no error shows the path."""
    (tmp_path / "assets").touch()
    assets = FileAssetStore(tmp_path / "assets")

    def receive() -> None:
        with assets.receive():
            pytest.fail("it was received")

    for use in (receive, assets.find, lambda: assets.open(NAME), lambda: assets.remove(NAME)):
        with pytest.raises(AssetsUnavailable, match=r"^The directory of assets cannot be used: ") as refused:
            use()
        assert str(tmp_path) not in str(refused.value)


_UPLOADER = """
import sys
from pathlib import Path
from iotconfig.adapters.asset_files import FileAssetStore

with FileAssetStore(Path(sys.argv[1])).receive() as incoming:
    incoming.write(b"half")
    print("half", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def uploader(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process during an upload."""
    process = subprocess.Popen(
        [sys.executable, "-c", _UPLOADER, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert b"half\n" == process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_the_next_upload_removes_a_killed_one(
    assets: FileAssetStore, directory: Path, uploader: subprocess.Popen[bytes]
) -> None:
    """The incomplete file is never listed."""
    uploader.kill()
    assert -signal.SIGKILL == uploader.wait(timeout=20)
    assert (1, []) == (on_their_way(directory), list(assets.find()))

    put(assets, b"whole")
    assert (0, b"whole") == (on_their_way(directory), read(assets)[0])


def test_running_uploads_are_not_removed(
    assets: FileAssetStore, directory: Path, uploader: subprocess.Popen[bytes]
) -> None:
    """They may be in another process or in this one."""
    with assets.receive() as first:
        first.write(b"first")
        with assets.receive() as second:
            second.write(b"second")
            assert 3 == on_their_way(directory)
            second.complete()
            second.save_as(AssetName("second"))
        first.complete()
        first.save_as(AssetName("first"))

    assert 1 == on_their_way(directory)
    assert uploader.poll() is None
    assert [b"first", b"second"] == [read(assets, asset.name)[0] for asset in assets.find()]


@pytest.mark.parametrize(("age", "left"), [(86_000, 1), (87_000, 0)], ids=["a day", "more"])
def test_without_locks_old_uploads_are_removed(
    assets: FileAssetStore, directory: Path, age: int, left: int
) -> None:
    """Some network file systems have no locks: uploads work, and files older than a day are removed."""
    path = by_hand(directory, b"half", ".upload-of-long-ago")
    os.utime(path, (time.time() - age,) * 2)
    with mock.patch.object(fcntl, "flock", _Failing(errno.ENOLCK)):
        put(assets, b"whole")

    assert (left, b"whole") == (on_their_way(directory), read(assets)[0])


def test_a_failed_removal_does_not_prevent_uploads(assets: FileAssetStore, directory: Path) -> None:
    """An example is a directory with the name of a temporary file."""
    (directory / ".upload-strange").mkdir(parents=True)
    put(assets, b"whole")

    assert b"whole" == read(assets)[0]


def test_an_upload_whose_file_was_removed_creates_another(assets: FileAssetStore, directory: Path) -> None:
    """A removal can come between the creation of the file and its lock."""
    lock = fcntl.flock
    swept: list[Path] = []

    def sweeping(descriptor: int, operation: int) -> None:
        if not swept:
            (path,) = directory.iterdir()
            path.unlink()
            swept.append(path)
        lock(descriptor, operation)

    directory.mkdir(parents=True)
    with mock.patch.object(fcntl, "flock", sweeping):
        put(assets, b"whole")

    assert (1, b"whole") == (len(swept), read(assets)[0])
