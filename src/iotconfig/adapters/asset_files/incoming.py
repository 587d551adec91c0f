"""Uploads in progress: files beside the assets, under names that no asset can have, locked while they grow.

The kernel frees the lock when its process ends. So a file whose lock can be taken belongs
to a dead upload, and live ones are never removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from iotconfig.domain.assets.asset import Asset, AssetName

from . import directory as directories
from .cooperate import BETWEEN_TURNS, YieldTurn
from .digests import Digests
from .failures import translated, translated_after_change
from .uploaders import Uploaders

_PREFIX: Final = ".upload-"
_FILE_MODE: Final = 0o600
_SYNCED: Final = 4 * 1024 * 1024
"""Bytes between two flushes to disk: flushing a large file at once would block the worker."""
_DEAD_SECONDS: Final = 86400
"""The age, in seconds, from which an upload counts as dead where the file system has no locks."""


class _Saved(NamedTuple):
    asset: Asset
    status: os.stat_result


class IncomingFile:
    """`Incoming` as a file that is renamed into place."""

    def __init__(
        self, directory: Path, digests: Digests, uploaders: Uploaders, yield_turn: YieldTurn
    ) -> None:
        self._directory = directory
        self._yield_turn = yield_turn
        self._digests = digests
        self._uploaders = uploaders
        self._path, self._descriptor = _create(directory)
        self._hash = hashlib.sha256()
        self._size = 0
        self._is_saved = False
        self._record: _Saved | None = None

    def write(self, block: bytes) -> None:
        before = self._size
        with translated():
            view = memoryview(block)
            while view:
                written = os.write(self._descriptor, view)
                self._hash.update(view[:written])
                self._size += written
                view = view[written:]
            if self._size // _SYNCED > before // _SYNCED:
                os.fdatasync(self._descriptor)
        if self._size // BETWEEN_TURNS > before // BETWEEN_TURNS:
            self._yield_turn()

    def complete(self) -> str:
        with translated():
            os.fsync(self._descriptor)
        return self._hash.hexdigest()

    def save_as(self, name: AssetName, uploaded_by: str | None = None) -> tuple[Asset, bool]:
        target = self._directory / str(name)
        with translated():
            is_new = directories.file_status(target) is None
            self._path.rename(target)
            self._is_saved = True
        with translated_after_change():
            # Before the transaction ends, not after it: a signature that is used up promises that
            # the file outlives a loss of power.
            directories.sync(self._directory)
            status = os.fstat(self._descriptor)
        asset = Asset(name, self._size, self._hash.hexdigest(), directories.written_at(status), uploaded_by)
        self._record = _Saved(asset, status)
        return asset, is_new

    def finish(self) -> None:
        """Close the file. If it was saved as an asset, record its digest and its uploader; otherwise remove it."""
        try:
            if not self._is_saved:
                directories.remove_quietly(self._path)
            elif self._record is not None:
                asset, status = self._record
                self._digests.remember(asset.name, status, asset.sha256)
                self._uploaders.remember(asset.name, asset.sha256, asset.uploaded_by)
        finally:
            os.close(self._descriptor)


@contextmanager
def receive(
    directory: Path, digests: Digests, uploaders: Uploaders, yield_turn: YieldTurn
) -> Iterator[IncomingFile]:
    """Open a new file in the directory, which is created if it is missing."""
    with translated():
        directories.make(directory)
        _remove_dead(directory)
        incoming = IncomingFile(directory, digests, uploaders, yield_turn)
    try:
        yield incoming
    finally:
        incoming.finish()


def _create(directory: Path) -> tuple[Path, int]:
    while True:
        path = directory / f"{_PREFIX}{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
        # Between creation and lock, another upload may have removed it as a dead one.
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return path, descriptor
        directories.remove_quietly(path)
        os.close(descriptor)


def _remove_dead(directory: Path) -> None:
    """Remove the files of dead uploads. Failures are ignored, so that uploads go on."""
    for path in list(directory.iterdir()):
        if path.name.startswith(_PREFIX):
            with suppress(OSError):
                _remove_if_dead(path)


def _remove_if_dead(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        is_locked = _lock(descriptor)
        age = time.time() - os.fstat(descriptor).st_mtime
        if is_locked or (is_locked is None and age > _DEAD_SECONDS):
            path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock a file. Returns False where another process holds the lock, None where the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
