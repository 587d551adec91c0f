"""Assets in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import attrgetter

from attrs import Factory, define, field, frozen

from iotconfig.domain.assets.asset import Asset, AssetName


@frozen
class OpenMemoryAsset:
    """`OpenAsset` on immutable bytes."""

    asset: Asset
    _content: bytes

    def blocks(self, first: int, length: int) -> Iterator[bytes]:
        if length:
            yield self._content[first : first + length]

    def close(self) -> None:
        return


@define
class MemoryIncoming:
    """`Incoming` of a memory store."""

    _stored: dict[AssetName, OpenMemoryAsset]
    _content: bytearray = Factory(bytearray)

    def write(self, block: bytes) -> None:
        self._content += block

    def complete(self) -> str:
        return hashlib.sha256(self._content).hexdigest()

    def save_as(self, name: AssetName, uploaded_by: str | None = None) -> tuple[Asset, bool]:
        is_new = name not in self._stored
        asset = Asset(name, len(self._content), self.complete(), datetime.now(UTC), uploaded_by)
        self._stored[name] = OpenMemoryAsset(asset, bytes(self._content))
        return asset, is_new


@frozen
class MemoryAssetStore:
    """`AssetStore` in memory."""

    _stored: dict[AssetName, OpenMemoryAsset] = field(init=False, factory=dict, repr=False)

    @contextmanager
    def receive(self) -> Iterator[MemoryIncoming]:
        yield MemoryIncoming(self._stored)

    def open(self, name: AssetName) -> OpenMemoryAsset | None:
        return self._stored.get(name)

    def find(self) -> Sequence[Asset]:
        return sorted((opened.asset for opened in self._stored.values()), key=attrgetter("name"))

    def remove(self, name: AssetName) -> bool:
        return self._stored.pop(name, None) is not None
