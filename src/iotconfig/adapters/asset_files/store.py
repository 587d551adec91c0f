"""`AssetStore` over a directory. Files that an operator puts there are assets as well."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from attrs import field, frozen

from iotconfig.domain.assets.asset import Asset, AssetName
from iotconfig.domain.errors import AssetsUnavailable, ValidationFailed

from . import directory as directories
from .cooperate import BETWEEN_TURNS, YieldTurn, no_turn
from .digests import Digests, has_same_bytes
from .failures import log, translated, translated_after_change
from .incoming import IncomingFile, receive
from .uploaders import Uploaders

_BLOCK: Final = 64 * 1024
_NAMES_BETWEEN_TURNS: Final = 100
"""Files whose status is read between two turns: a few milliseconds of work."""


@frozen
class OpenFile:
    """`OpenAsset` on a file that stays open when another one takes its name."""

    asset: Asset
    _descriptor: int
    _status: os.stat_result
    _yield_turn: YieldTurn

    def blocks(self, first: int, length: int) -> Iterator[bytes]:
        position, end = first, first + length
        while position < end:
            with translated():
                block = os.pread(self._descriptor, min(_BLOCK, end - position), position)
                status = os.fstat(self._descriptor)
            if not block or not has_same_bytes(self._status, status):
                raise AssetsUnavailable(f"{self.asset.name} was modified while it was read.")
            position += len(block)
            yield block
            if (position - first) % BETWEEN_TURNS == 0:
                self._yield_turn()

    def close(self) -> None:
        os.close(self._descriptor)


@frozen
class FileAssetStore:
    """`AssetStore` over one directory, which the first upload creates."""

    directory: Path
    yield_turn: YieldTurn = no_turn
    """Called during long work to let other greenlets run, where requests share a thread."""
    _digests: Digests = field(init=False, repr=False)

    @_digests.default
    def _make_digests(self) -> Digests:
        return Digests(self.directory, self.yield_turn)

    _uploaders: Uploaders = field(init=False, repr=False)

    @_uploaders.default
    def _make_uploaders(self) -> Uploaders:
        return Uploaders(self.directory)

    def receive(self) -> AbstractContextManager[IncomingFile]:
        return receive(self.directory, self._digests, self._uploaders, self.yield_turn)

    def open(self, name: AssetName) -> OpenFile | None:
        with translated():
            descriptor = directories.open_file(self.directory / str(name))
            if descriptor is None:
                return None
            try:
                digest, status = self._digests.of(name, descriptor)
                return OpenFile(self._asset(name, digest, status), descriptor, status, self.yield_turn)
            except BaseException:
                os.close(descriptor)
                raise

    def find(self) -> Sequence[Asset]:
        found: list[Asset] = []
        with translated():
            for number, name in enumerate(self._names(), 1):
                if number % _NAMES_BETWEEN_TURNS == 0:
                    self.yield_turn()
                if (asset := self._look_at(name)) is not None:
                    found.append(asset)
        return sorted(found, key=lambda asset: asset.name.text)

    def remove(self, name: AssetName) -> bool:
        path = self.directory / str(name)
        with translated():
            if directories.file_status(path) is None:
                return False
            path.unlink(missing_ok=True)
        self._digests.forget(name)
        self._uploaders.forget(name)
        with translated_after_change():
            directories.sync(self.directory)
        return True

    def _names(self) -> list[AssetName]:
        try:
            entries = [path.name for path in self.directory.iterdir()]
        except FileNotFoundError:
            return []
        return [name for entry in entries if (name := _name(entry)) is not None]

    def _look_at(self, name: AssetName) -> Asset | None:
        status = directories.file_status(self.directory / str(name))
        if status is None:
            return None
        digest = self._digests.known(name, status)
        if digest is not None:
            return self._asset(name, digest, status)
        try:
            opened = self.open(name)
        except AssetsUnavailable as error:
            log.warning("assets: %s is left out of the list: %s", name, error)
            return None
        if opened is None:
            return None
        opened.close()
        return opened.asset

    def _asset(self, name: AssetName, digest: str, status: os.stat_result) -> Asset:
        uploaded_by = self._uploaders.of(name, digest, status)
        return Asset(name, status.st_size, digest, directories.written_at(status), uploaded_by)


def _name(entry: str) -> AssetName | None:
    try:
        return AssetName(entry)
    except ValidationFailed:
        return None
