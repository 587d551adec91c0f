"""`AssetStore` on every adapter: whole files under safe names, and nothing in between."""

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
    """Store all at once."""
    with assets.receive() as incoming:
        incoming.write(content)
        incoming.complete()
        return incoming.save_as(name)[0]


def opened(assets: AssetStore, name: AssetName = NAME) -> OpenAsset:
    found = assets.open(name)
    assert found is not None
    return found


def read(assets: AssetStore, name: AssetName = NAME) -> bytes:
    """All bytes of an asset, which is as long as it says."""
    found = opened(assets, name)
    content = b"".join(found.blocks(0, found.asset.size))
    found.close()
    assert len(content) == found.asset.size
    return content


def test_an_empty_store_has_nothing(assets: AssetStore) -> None:
    """Nothing to list, to open or to remove."""
    assert [] == list(assets.find())
    assert None is assets.open(NAME)
    assert not assets.remove(NAME)


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "a byte", "large"])
def test_what_was_placed_is_there(assets: AssetStore, content: bytes) -> None:
    """With its size, its digest and its time; the same when it is placed, opened and listed."""
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
    """From any byte on, as long as there are bytes; in blocks, and again and again."""
    put(assets, LARGE)
    found = opened(assets)
    for _ in range(2):
        blocks = list(found.blocks(first, length))
        assert LARGE[first : first + length] == b"".join(blocks)
        assert b"" not in blocks
    found.close()


def test_what_was_not_placed_is_nowhere(assets: AssetStore) -> None:
    """Nobody sees a file on its way in, and nothing is left of one that did not arrive."""
    with assets.receive() as incoming:
        incoming.write(b"half")
        assert [] == list(assets.find())
        incoming.complete()
        assert [] == list(assets.find())
        assert None is assets.open(NAME)
    assert [] == list(assets.find())


def test_another_takes_its_place(assets: AssetStore) -> None:
    """Who has the old one open reads on in that; who asks from now on gets the new one."""
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


def test_what_was_removed_is_gone(assets: AssetStore) -> None:
    """Who has it open reads on; the name is free."""
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
    """The longest name and those that look like options among them."""
    names = ["b", "a.bin", "B", "-rf", "a" * 255, "1", "_"]
    for name in names:
        put(assets, name.encode(), AssetName(name))

    assert sorted(names) == [str(asset.name) for asset in assets.find()]
    assert [name.encode() for name in names] == [read(assets, AssetName(name)) for name in names]


def test_many_uploads_of_one_name_end_with_one_whole_file(assets: AssetStore) -> None:
    """Whichever is the last, all of it is there; so is what anybody reads meanwhile."""
    contents = [bytes([number]) * 300_000 for number in range(8)]
    put(assets, contents[0])

    def use(number: int) -> bytes:
        seen = read(assets)
        put(assets, contents[number])
        return seen

    assert {*together(8, use), read(assets)} <= {*contents}
    (asset,) = assets.find()
    assert hashlib.sha256(read(assets)).hexdigest() == asset.sha256
