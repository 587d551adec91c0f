"""Assets in a real directory: who may read them, and what else lies there."""

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


def test_the_service_alone_reads_what_it_writes(assets: FileAssetStore, directory: Path) -> None:
    """Whatever its umask is: the directory is 0700, a file 0600, also on its way in."""
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


def test_looking_makes_no_directory(assets: FileAssetStore, directory: Path) -> None:
    """The first upload makes it, and no other use."""
    assert [] == list(assets.find())
    assert None is assets.open(NAME)
    assert not assets.remove(NAME)
    assert not directory.parent.exists()


def test_files_of_operators_are_assets(assets: FileAssetStore, directory: Path) -> None:
    """With the digest of their bytes, and the time at which they were written."""
    by_hand(directory, b"by hand")

    (asset,) = assets.find()
    expected = hashlib.sha256(b"by hand").hexdigest()
    assert (NAME, 7, expected) == (asset.name, asset.size, asset.sha256)
    assert datetime.fromtimestamp(LONG_AGO / 1e9, UTC) == asset.stored_at
    assert (b"by hand", expected) == read(assets)
    assert assets.remove(NAME)
    assert [] == list(assets.find())


@pytest.mark.parametrize("seconds", [-(10**10), 10**12], ids=["before 1970", "after 9999"])
def test_any_time_of_a_file_can_be_told(directory: Path, seconds: int) -> None:
    """Operators can set times that no calendar has."""
    path = by_hand(directory, b"x")
    os.utime(path, (seconds, seconds))

    (asset,) = FileAssetStore(directory).find()
    assert 1970 <= asset.stored_at.year <= 9999


def _no_file(kind: str, path: Path) -> Callable[[], None]:
    """Put something there that is no regular file; what it gives cleans up."""
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
def test_what_is_no_regular_file_is_no_asset(directory: Path, kind: str) -> None:
    """It is neither listed, opened, nor removed, and nobody waits for it."""
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
def test_what_takes_a_files_place_meanwhile_is_not_opened(directory: Path, kind: str) -> None:
    """Between the look and the opening: no link is followed, no pipe waited for."""
    path = by_hand(directory, b"x")
    look = os.lstat(path)
    path.unlink()
    clean_up = _no_file(kind, path)

    with mock.patch.object(Path, "lstat", return_value=look):
        assert None is FileAssetStore(directory).open(NAME)
    clean_up()


@pytest.mark.parametrize("name", [".hidden", ".upload-1", "a b", "ä", "a\\b", "a\n", b"\xff\xfe"], ids=ascii)
def test_names_that_no_asset_can_have_are_left_alone(directory: Path, name: str | bytes) -> None:
    """Such files are not listed, and stay."""
    directory.mkdir(parents=True)
    path = os.path.join(os.fsencode(directory), os.fsencode(name))  # noqa: PTH118 (not text)
    os.close(os.open(path, os.O_CREAT))

    assert [] == list(FileAssetStore(directory).find())
    assert os.path.exists(path)  # noqa: PTH110 (not text)


def test_an_upload_takes_a_links_place_and_leaves_what_it_leads_to(directory: Path) -> None:
    """Nothing is written through it."""
    directory.mkdir(parents=True)
    precious = by_hand(directory.parent, b"precious", "precious")
    (directory / "firmware.bin").symlink_to(precious)
    put(FileAssetStore(directory), b"new")

    assert b"precious" == precious.read_bytes()
    assert (b"new", False) == (
        (directory / "firmware.bin").read_bytes(),
        (directory / "firmware.bin").is_symlink(),
    )


def test_an_upload_cannot_take_a_directorys_place(directory: Path) -> None:
    """It is refused, and nothing of it is left."""
    (directory / "firmware.bin").mkdir(parents=True)
    with pytest.raises(AssetsUnavailable, match="is a directory"):
        put(FileAssetStore(directory), b"new")
    assert ["firmware.bin"] == [path.name for path in directory.iterdir()]


def test_others_have_their_turn_in_long_work(directory: Path) -> None:
    """While a large file is written, while it is hashed, and while it is read."""
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
