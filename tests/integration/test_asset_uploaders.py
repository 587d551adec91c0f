"""Uploaders of asset files: shown for the bytes that they uploaded, in every worker, and for no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from iotconfig.adapters.asset_files import FileAssetStore, digests, uploaders
from tests.support.asset_files import NAME, by_hand


def upload(directory: Path, content: bytes, uploader: str) -> None:
    """Upload in another worker."""
    with FileAssetStore(directory).receive() as incoming:
        incoming.write(content)
        incoming.complete()
        incoming.save_as(NAME, uploader)


def uploaded_by(assets: FileAssetStore) -> str | None:
    (asset,) = assets.find()
    return asset.uploaded_by


@pytest.mark.parametrize("settled", [0, digests.SETTLED_NS], ids=["cached", "recent"])
def test_the_uploader_is_the_last_one(assets: FileAssetStore, directory: Path, settled: int) -> None:
    """Whichever worker received the upload, and if the bytes are those of before, too."""
    with mock.patch.object(uploaders, "SETTLED_NS", settled):
        for uploader in ("ci", "anna"):
            upload(directory, b"the same bytes", uploader)
            assert [uploader] * 2 == [uploaded_by(assets), uploaded_by(assets)]


def test_a_cached_uploader_is_not_read_again(assets: FileAssetStore, directory: Path) -> None:
    """A list of many assets would open a file for each."""
    upload(directory, b"bytes", "ci")
    with mock.patch.object(uploaders, "SETTLED_NS", 0):
        uploaded_by(assets)
    (directory / ".uploaders" / "firmware.bin").unlink()

    assert "ci" == uploaded_by(assets)
    assert None is uploaded_by(FileAssetStore(directory))


def test_a_file_that_was_put_there_by_hand_has_no_uploader(assets: FileAssetStore, directory: Path) -> None:
    """The record is about other bytes."""
    upload(directory, b"uploaded", "ci")
    with mock.patch.object(uploaders, "SETTLED_NS", 0):
        assert "ci" == uploaded_by(assets)
    by_hand(directory, b"by hand")

    assert None is uploaded_by(assets)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda record: b"", id="empty"),
        pytest.param(lambda record: record[:-1], id="cut off"),
        pytest.param(lambda record: b"0" + record[1:], id="another digest"),
        pytest.param(lambda record: bytes(len(record)), id="zeros"),
        pytest.param(lambda record: record + b"x" * 5000, id="too long"),
    ],
)
def test_a_corrupt_record_is_ignored(directory: Path, spoil: Callable[[bytes], bytes]) -> None:
    """After a crash it may have any content."""
    upload(directory, b"bytes", "ci")
    record = directory / ".uploaders" / "firmware.bin"
    good = record.read_bytes()
    assert spoil(good) != good
    record.write_bytes(spoil(good))

    assert None is uploaded_by(FileAssetStore(directory))


def test_a_deleted_file_leaves_no_record(assets: FileAssetStore, directory: Path) -> None:
    """The directory of records does not grow."""
    upload(directory, b"bytes", "ci")
    assert ["firmware.bin"] == [path.name for path in (directory / ".uploaders").iterdir()]
    assets.remove(NAME)
    assert [] == list((directory / ".uploaders").iterdir())


def test_an_unusable_directory_of_records_is_ignored(assets: FileAssetStore, directory: Path) -> None:
    """The upload succeeds, and nothing is written through a link."""
    outside = directory.parent / "outside"
    outside.mkdir(parents=True)
    directory.mkdir()
    (directory / ".uploaders").symlink_to(outside)
    upload(directory, b"bytes", "ci")

    assert [] == list(outside.iterdir())
    assert None is uploaded_by(assets)
