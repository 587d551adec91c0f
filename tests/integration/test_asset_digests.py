"""Digests of asset files: correct after each change, and computed as rarely as possible."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from iotconfig.adapters.asset_files import FileAssetStore, digests
from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.errors import AssetsUnavailable
from tests.support.asset_files import NAME, by_hand, put, read
from tests.support.waiting import wait_until


def test_a_digest_is_computed_once_for_all_workers(directory: Path) -> None:
    """Another store of the same directory, as in another worker, does not read the file for it."""
    path = by_hand(directory, b"by hand")
    with mock.patch.object(digests, "SETTLED_NS", 0):
        (first,) = FileAssetStore(directory).find()
    with mock.patch.object(digests, "_sha256", side_effect=AssertionError("computed again")):
        other = FileAssetStore(directory)
        assert [first] == list(other.find())
        assert (b"by hand", first.sha256) == read(other)
    put(FileAssetStore(directory), b"uploaded", AssetName("other"))
    with mock.patch.object(digests, "_sha256", side_effect=AssertionError("computed again")):
        assert 2 == len(FileAssetStore(directory).find())
    assert path.is_file()


@pytest.mark.parametrize("fresh", [False, True], ids=["same worker", "another worker"])
def test_a_file_that_was_written_to_has_another_digest(directory: Path, fresh: bool) -> None:
    """A change in place with the same size and a restored time is noticed by its ctime."""
    path = by_hand(directory, b"before")
    assets = FileAssetStore(directory)
    with mock.patch.object(digests, "SETTLED_NS", 0):
        assert hashlib.sha256(b"before").hexdigest() == read(assets)[1]
        known = path.stat()
        with path.open("r+b") as file:
            file.write(b"after!")
        os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
        wait_until(
            lambda: _touched(path).st_ctime_ns != known.st_ctime_ns, "the clock of the file system ticks"
        )
    assert (known.st_ino, known.st_size, known.st_mtime_ns) == (
        path.stat().st_ino,
        path.stat().st_size,
        path.stat().st_mtime_ns,
    )
    looking = FileAssetStore(directory) if fresh else assets

    expected = hashlib.sha256(b"after!").hexdigest()
    assert (b"after!", expected) == read(looking)
    assert [expected] == [asset.sha256 for asset in looking.find()]


def _touched(path: Path) -> os.stat_result:
    """The file's status after a change that leaves bytes and time unchanged."""
    path.chmod(0o600)
    path.chmod(0o644)
    return path.stat()


def test_the_digest_of_a_recent_file_is_not_recorded(directory: Path) -> None:
    """Another write within the same tick of the file system's clock could not be noticed."""
    directory.mkdir(parents=True)
    (directory / "firmware.bin").write_bytes(b"x")
    read(FileAssetStore(directory))

    assert not (directory / ".digests").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda record: b"", id="empty"),
        pytest.param(lambda record: record[:-1], id="cut off"),
        pytest.param(lambda record: record + b"\n", id="longer"),
        pytest.param(lambda record: bytes(len(record)), id="zeros"),
        pytest.param(lambda record: b"1" + record, id="another inode"),
        pytest.param(lambda record: record * 100, id="long"),
        pytest.param(lambda record: record.upper(), id="upper case"),
    ],
)
def test_a_corrupt_record_is_ignored(directory: Path, spoil: Callable[[bytes], bytes]) -> None:
    """After a crash it may have any content; the digest is computed again."""
    put(FileAssetStore(directory), b"uploaded")
    record = directory / ".digests" / "firmware.bin"
    good = record.read_bytes()
    assert spoil(good) != good
    record.write_bytes(spoil(good))

    assert (b"uploaded", hashlib.sha256(b"uploaded").hexdigest()) == read(FileAssetStore(directory))


@pytest.mark.parametrize("kind", ["file", "link", "link to records", "pipe", "link as a record"])
def test_an_unusable_directory_of_records_is_ignored(directory: Path, kind: str) -> None:
    """Digests are computed each time, and nothing is written through a link."""
    outside = directory.parent / "outside"
    outside.mkdir(parents=True)
    (outside / "firmware.bin").write_bytes(b"precious")
    directory.mkdir()
    place = directory / ".digests"
    if kind == "file":
        place.touch()
    elif kind == "link":
        place.symlink_to("nowhere")
    elif kind == "link to records":
        place.symlink_to(outside)
    else:
        place.mkdir()
        if kind == "pipe":
            os.mkfifo(place / "firmware.bin")
        else:
            (place / "firmware.bin").symlink_to(outside / "firmware.bin")
    put(FileAssetStore(directory), b"uploaded")

    assert (b"uploaded", hashlib.sha256(b"uploaded").hexdigest()) == read(FileAssetStore(directory))
    assert b"precious" == (outside / "firmware.bin").read_bytes()


def test_a_deleted_file_leaves_no_record(assets: FileAssetStore, directory: Path) -> None:
    """The directory of records does not grow."""
    put(assets, b"x")
    assert ["firmware.bin"] == [path.name for path in (directory / ".digests").iterdir()]
    assets.remove(NAME)
    assert [] == list((directory / ".digests").iterdir())


def test_a_file_that_changes_while_it_is_read_is_not_read_to_its_end(
    assets: FileAssetStore, directory: Path
) -> None:
    """Its digest would differ from the announced one."""
    by_hand(directory, b"x" * 200_000)
    opened = assets.open(NAME)
    assert opened is not None
    blocks = opened.blocks(0, 200_000)
    next(blocks)
    with (directory / "firmware.bin").open("r+b") as file:
        file.write(b"y")

    with pytest.raises(AssetsUnavailable, match=r"firmware\.bin was modified while it was read"):
        next(blocks)
    opened.close()


def test_a_file_that_becomes_shorter_ends_with_an_error(assets: FileAssetStore, directory: Path) -> None:
    """The reader does not take the rest for the whole."""
    path = by_hand(directory, b"x" * 200_000)
    opened = assets.open(NAME)
    assert opened is not None
    os.truncate(path, 1000)

    with pytest.raises(AssetsUnavailable):
        list(opened.blocks(0, 200_000))
    opened.close()


def test_a_file_that_keeps_changing_is_left_out(assets: FileAssetStore, directory: Path) -> None:
    """It is being copied: opening it is refused, and the list contains the other files."""
    path = by_hand(directory, b"x")
    by_hand(directory, b"still", "still.bin")
    compute = digests._sha256

    def writing(descriptor: int, yield_turn: Callable[[], None]) -> str:
        digest = compute(descriptor, yield_turn)
        if os.fstat(descriptor).st_ino == path.stat().st_ino:
            with path.open("ab") as file:
                file.write(b"x")
        return digest

    with mock.patch.object(digests, "_sha256", writing):
        with pytest.raises(AssetsUnavailable, match=r"firmware\.bin is being written to"):
            assets.open(NAME)
        assert ["still.bin"] == [str(asset.name) for asset in assets.find()]
