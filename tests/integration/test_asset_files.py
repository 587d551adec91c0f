"""Assets in a real directory: permissions, and other entries in it."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from iotconfig.adapters.asset_files import FileAssetStore
from iotconfig.domain.errors import AssetsUnavailable
from tests.support.asset_files import LONG_AGO, NAME, by_hand, put, read


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_written_files_are_private(assets: FileAssetStore, directory: Path) -> None:
    """With any umask the directory is 0700 and a file 0600, during the upload too."""
    before = os.umask(0)
    try:
        with assets.receive() as incoming:
            (on_its_way,) = directory.iterdir()
            assert (".", 0o600) == (on_its_way.name[0], mode(on_its_way))
            incoming.complete()
            incoming.save_as(NAME)
    finally:
        os.umask(before)

    assert (0o700, 0o600) == (mode(directory), mode(directory / "firmware.bin"))


def test_reading_creates_no_directory(assets: FileAssetStore, directory: Path) -> None:
    """Only the first upload creates it."""
    assert [] == list(assets.find())
    assert None is assets.open(NAME)
    assert not assets.remove(NAME)
    assert not directory.parent.exists()


def test_files_of_operators_are_assets(assets: FileAssetStore, directory: Path) -> None:
    """They have the digest of their bytes and the time of their modification."""
    by_hand(directory, b"by hand")

    (asset,) = assets.find()
    expected = hashlib.sha256(b"by hand").hexdigest()
    assert (NAME, 7, expected) == (asset.name, asset.size, asset.sha256)
    assert datetime.fromtimestamp(LONG_AGO / 1e9, UTC) == asset.stored_at
    assert (b"by hand", expected) == read(assets)
    assert assets.remove(NAME)
    assert [] == list(assets.find())


@pytest.mark.parametrize("seconds", [-(10**10), 10**12], ids=["before 1970", "after 9999"])
def test_any_modification_time_is_accepted(directory: Path, seconds: int) -> None:
    """Operators can set times beyond any calendar."""
    path = by_hand(directory, b"x")
    os.utime(path, (seconds, seconds))

    (asset,) = FileAssetStore(directory).find()
    assert 1970 <= asset.stored_at.year <= 9999


def _no_file(kind: str, path: Path) -> Callable[[], None]:
    """Create an entry that is not a regular file; the result removes it."""
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "link inside":
        by_hand(path.parent, b"x", ".other")
        path.symlink_to(".other")
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    elif kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        return listener.close
    return lambda: None


@pytest.mark.parametrize(
    "kind", ["link", "link inside", "dangling link", "directory", "pipe", "device", "socket"]
)
def test_special_files_are_not_assets(directory: Path, kind: str) -> None:
    """They are not listed, opened or removed, and do not block."""
    directory.mkdir(parents=True)
    path = directory / "firmware.bin"
    clean_up = _no_file(kind, path)
    assets = FileAssetStore(directory)

    assert [] == list(assets.find())
    assert None is assets.open(NAME)
    assert not assets.remove(NAME)
    assert os.path.lexists(path)
    clean_up()


@pytest.mark.parametrize("kind", ["link", "link inside", "directory", "pipe", "device"])
def test_a_replaced_file_is_not_followed(directory: Path, kind: str) -> None:
    """A link or a FIFO that appears between check and opening is neither followed nor awaited."""
    path = by_hand(directory, b"x")
    look = os.lstat(path)
    path.unlink()
    clean_up = _no_file(kind, path)

    with mock.patch.object(Path, "lstat", return_value=look):
        assert None is FileAssetStore(directory).open(NAME)
    clean_up()


@pytest.mark.parametrize("name", [".hidden", ".upload-1", "a b", "ä", "a\\b", "a\n", b"\xff\xfe"], ids=ascii)
def test_files_with_invalid_names_are_ignored(directory: Path, name: str | bytes) -> None:
    """They are not listed, and stay."""
    directory.mkdir(parents=True)
    path = os.path.join(os.fsencode(directory), os.fsencode(name))  # noqa: PTH118 (not text)
    os.close(os.open(path, os.O_CREAT))

    assert [] == list(FileAssetStore(directory).find())
    assert os.path.exists(path)  # noqa: PTH110 (not text)


def test_an_upload_replaces_a_link(directory: Path) -> None:
    """The target of the link is unchanged."""
    directory.mkdir(parents=True)
    precious = by_hand(directory.parent, b"precious", "precious")
    (directory / "firmware.bin").symlink_to(precious)
    put(FileAssetStore(directory), b"new")

    assert b"precious" == precious.read_bytes()
    assert (b"new", False) == (
        (directory / "firmware.bin").read_bytes(),
        (directory / "firmware.bin").is_symlink(),
    )


def test_an_upload_cannot_replace_a_directory(directory: Path) -> None:
    """It is refused, and leaves no temporary file."""
    (directory / "firmware.bin").mkdir(parents=True)
    with pytest.raises(AssetsUnavailable, match="is a directory"):
        put(FileAssetStore(directory), b"new")
    assert ["firmware.bin"] == [path.name for path in directory.iterdir()]


def test_long_work_yields_turns(directory: Path) -> None:
    """Writing, hashing and reading a large file yield turns to other requests."""
    turns: list[str] = []
    doing = "writing"
    assets = FileAssetStore(directory, lambda: turns.append(doing))
    put(assets, bytes(3_000_000))
    by_hand(directory, bytes(3_000_000), "by-hand.bin")
    doing = "hashing"
    assert 2 == len(assets.find())
    doing = "reading"
    read(assets)

    assert {"writing": 1, "hashing": 3, "reading": 2} == {kind: turns.count(kind) for kind in set(turns)}
