"""`AssetStore` on every adapter: complete files under safe names."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iotconfig.adapters.asset_files import FileAssetStore
from iotconfig.adapters.memory import MemoryAssetStore
from iotconfig.domain.assets.asset import Asset, AssetName, AssetStore, OpenAsset
from iotconfig.testing.simultaneous import together

NAME = AssetName("firmware.bin")
LARGE = bytes(range(256)) * 12_345
"""More than any block that is read or written at once, and not a whole number of them."""


@pytest.fixture(params=["memory", "files"])
def assets(request: pytest.FixtureRequest, tmp_path: Path) -> AssetStore:
    """An empty store of each kind."""
    return MemoryAssetStore() if request.param == "memory" else FileAssetStore(tmp_path / "assets")


def put(assets: AssetStore, content: bytes, name: AssetName = NAME) -> Asset:
    """Store an asset in one step."""
    with assets.receive() as incoming:
        incoming.write(content)
        incoming.complete()
        return incoming.save_as(name)[0]


def opened(assets: AssetStore, name: AssetName = NAME) -> OpenAsset:
    found = assets.open(name)
    assert found is not None
    return found


def read(assets: AssetStore, name: AssetName = NAME) -> bytes:
    """All bytes of an asset, whose length equals its declared size."""
    found = opened(assets, name)
    content = b"".join(found.blocks(0, found.asset.size))
    found.close()
    assert len(content) == found.asset.size
    return content


def test_an_empty_store_has_nothing(assets: AssetStore) -> None:
    """Nothing can be listed, opened or removed."""
    assert [] == list(assets.find())
    assert None is assets.open(NAME)
    assert not assets.remove(NAME)


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "a byte", "large"])
def test_a_saved_asset_is_found(assets: AssetStore, content: bytes) -> None:
    """Size, digest and time are equal when it is saved, opened and listed."""
    begin = datetime.now(UTC)
    with assets.receive() as incoming:
        for start in range(0, len(content), 100_000):
            incoming.write(content[start : start + 100_000])
        digest = incoming.complete()
        asset, is_new = incoming.save_as(NAME)

    assert hashlib.sha256(content).hexdigest() == digest == asset.sha256
    assert (NAME, len(content), True) == (asset.name, asset.size, is_new)
    assert timedelta(seconds=-5) < asset.stored_at - begin < timedelta(minutes=1)
    assert UTC == asset.stored_at.tzinfo
    assert [asset] == list(assets.find())
    assert content == read(assets)
    found = opened(assets)
    assert asset == found.asset
    found.close()


@pytest.mark.parametrize(
    ("first", "length"),
    [
        (0, 0),
        (0, 1),
        (len(LARGE) - 1, 1),
        (len(LARGE), 0),
        (65_535, 3),
        (1_000, 2_000_000),
        (1, len(LARGE) - 1),
    ],
)
def test_any_part_can_be_read(assets: AssetStore, first: int, length: int) -> None:
    """Reading starts at any byte, in blocks, and can be repeated."""
    put(assets, LARGE)
    found = opened(assets)
    for _ in range(2):
        blocks = list(found.blocks(first, length))
        assert LARGE[first : first + length] == b"".join(blocks)
        assert b"" not in blocks
    found.close()


def test_an_incomplete_asset_is_not_visible(assets: AssetStore) -> None:
    """An asset is not listed during its transfer, and leaves nothing if the transfer fails."""
    with assets.receive() as incoming:
        incoming.write(b"half")
        assert [] == list(assets.find())
        incoming.complete()
        assert [] == list(assets.find())
        assert None is assets.open(NAME)
    assert [] == list(assets.find())


def test_an_asset_is_replaced(assets: AssetStore) -> None:
    """An open reader continues with the old asset; the next one gets the new asset."""
    put(assets, LARGE)
    old = opened(assets)
    blocks = old.blocks(0, old.asset.size)
    begin = next(blocks)
    with assets.receive() as incoming:
        incoming.write(b"newer")
        incoming.complete()
        newer, is_new = incoming.save_as(NAME)

    assert not is_new
    assert b"newer" == read(assets)
    assert [newer] == list(assets.find())
    assert LARGE == begin + b"".join(blocks)
    assert LARGE == b"".join(old.blocks(0, old.asset.size))
    old.close()


def test_an_asset_is_removed(assets: AssetStore) -> None:
    """An open reader continues; the name is free."""
    put(assets, LARGE)
    old = opened(assets)

    assert assets.remove(NAME)
    assert not assets.remove(NAME)
    assert None is assets.open(NAME)
    assert [] == list(assets.find())
    assert LARGE == b"".join(old.blocks(0, old.asset.size))
    old.close()
    put(assets, b"again")
    assert b"again" == read(assets)


def test_all_are_listed_by_name(assets: AssetStore) -> None:
    """The list includes the longest name and names that look like options."""
    names = ["b", "a.bin", "B", "-rf", "a" * 255, "1", "_"]
    for name in names:
        put(assets, name.encode(), AssetName(name))

    assert sorted(names) == [str(asset.name) for asset in assets.find()]
    assert [name.encode() for name in names] == [read(assets, AssetName(name)) for name in names]


def test_concurrent_uploads_of_one_name_leave_one_complete_file(assets: AssetStore) -> None:
    """The asset is one of them, complete, as are all reads meanwhile."""
    contents = [bytes([number]) * 300_000 for number in range(8)]
    put(assets, contents[0])

    def use(number: int) -> bytes:
        seen = read(assets)
        put(assets, contents[number])
        return seen

    assert {*together(8, use), read(assets)} <= {*contents}
    (asset,) = assets.find()
    assert hashlib.sha256(read(assets)).hexdigest() == asset.sha256


def test_an_asset_names_its_uploader(assets: AssetStore) -> None:
    """When it is saved, opened and listed; the next upload has its own uploader, or none."""
    for uploader in ("ci", "Zoë, with\ntwo lines", "anna", None):
        with assets.receive() as incoming:
            incoming.write(b"the same bytes")
            incoming.complete()
            saved, _ = incoming.save_as(NAME, uploader)

        found = opened(assets)
        found.close()
        assert [uploader] * 3 == [each.uploaded_by for each in (saved, found.asset, *assets.find())]


def test_an_asset_does_not_inherit_the_uploader_of_a_deleted_one(assets: AssetStore) -> None:
    """Not with the same bytes, either."""
    with assets.receive() as incoming:
        incoming.complete()
        incoming.save_as(NAME, "ci")
    assets.remove(NAME)

    assert None is put(assets, b"").uploaded_by
    assert [None] == [each.uploaded_by for each in assets.find()]
