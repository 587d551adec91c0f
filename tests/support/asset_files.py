"""A directory of assets, as uploads and operators use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from iotconfig.adapters.asset_files import FileAssetStore
from iotconfig.domain.assets.asset import AssetName

NAME: Final = AssetName("firmware.bin")
LONG_AGO: Final = 1_000_000_000_000_000_000
"""Nanoseconds: a modification time in the past."""


def put(assets: FileAssetStore, content: bytes, name: AssetName = NAME) -> None:
    """Store an asset as an upload does."""
    with assets.receive() as incoming:
        incoming.write(content)
        incoming.complete()
        incoming.save_as(name)


def read(assets: FileAssetStore, name: AssetName = NAME) -> tuple[bytes, str]:
    """Return the bytes and the digest of an asset."""
    opened = assets.open(name)
    assert opened is not None
    content = b"".join(opened.blocks(0, opened.asset.size))
    opened.close()
    return content, opened.asset.sha256


def by_hand(directory: Path, content: bytes, name: str = "firmware.bin") -> Path:
    """Put a file into the directory as an operator would, with an old modification time."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(content)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


def on_their_way(directory: Path) -> int:
    """Return the files of unfinished uploads."""
    return sum(path.name.startswith(".upload-") for path in directory.iterdir())
