"""A cache of files' SHA-256 digests.

It is kept in memory, and for other workers and the next start in a directory beside the
assets. A record is valid for the file with exactly its inode, size and times only; the
last of these (ctime) cannot be set by programs.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.errors import AssetsUnavailable

from .cooperate import BETWEEN_TURNS, YieldTurn
from .directory import open_file

_DIRECTORY: Final = ".digests"
_RECORD: Final = re.compile(rb"([0-9]+) ([0-9]+) (-?[0-9]+) (-?[0-9]+) ([0-9a-f]{64})\n")
_MAX_RECORD: Final = 256
_RECORD_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
_BLOCK: Final = 256 * 1024
_ATTEMPTS: Final = 3
_SETTLED_NS: Final = 2_000_000_000
"""The age from which a later change is certain to alter the times: file systems' clocks are coarse."""


class _Identity(NamedTuple):
    """The fields of a file's status that change with its bytes."""

    inode: int
    size: int
    written: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> _Identity:
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def has_same_bytes(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was not written to between two looks. Renaming and unlinking leave the bytes unchanged."""
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


class Digests:
    """The digests of the files in one directory."""

    def __init__(self, directory: Path, yield_turn: YieldTurn) -> None:
        self._yield_turn = yield_turn
        self._records = directory / _DIRECTORY
        self._known: dict[AssetName, tuple[_Identity, str]] = {}
        self._computing = Lock()

    def known(self, name: AssetName, status: os.stat_result) -> str | None:
        """Return the cached digest of the file with this status, or None."""
        identity = _Identity.of(status)
        found = self._known.get(name)
        if found is None or found[0] != identity:
            found = self._read(name)
        if found is None or found[0] != identity:
            return None
        self._known[name] = found
        return found[1]

    def of(self, name: AssetName, descriptor: int) -> tuple[str, os.stat_result]:
        """Return the digest of an open file, with its status. Raises `AssetsUnavailable` where the file keeps changing."""
        status = os.fstat(descriptor)
        found = self.known(name, status)
        if found is not None:
            return found, status
        # If many devices request a new file at once, one request computes and the others wait.
        with self._computing:
            for _ in range(_ATTEMPTS):
                status = os.fstat(descriptor)
                found = self.known(name, status)
                if found is not None:
                    return found, status
                digest = _sha256(descriptor, self._yield_turn)
                if has_same_bytes(status, os.fstat(descriptor)):
                    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED_NS:
                        self.remember(name, status, digest)
                    return digest, status
        raise AssetsUnavailable(f"{name} is being written to: ask again later.")

    def remember(self, name: AssetName, status: os.stat_result, digest: str) -> None:
        """Cache the digest of the file with this status."""
        identity = _Identity.of(status)
        self._known[name] = identity, digest
        line = " ".join(map(str, identity)) + f" {digest}\n"
        # If this fails, other processes compute the digest themselves.
        with suppress(OSError):
            self._records.mkdir(_DIRECTORY_MODE, exist_ok=True)
            self._write(str(name), line.encode())

    def forget(self, name: AssetName) -> None:
        """Remove the record of a deleted file."""
        self._known.pop(name, None)
        with suppress(OSError):
            (self._records / str(name)).unlink()

    def _write(self, name: str, record: bytes) -> None:
        """Write a record, following no link. No rename is needed: a partial record is invalid."""
        directory = os.open(self._records, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            descriptor = os.open(name, flags, _RECORD_MODE, dir_fd=directory)
            try:
                os.write(descriptor, record)
            finally:
                os.close(descriptor)
        finally:
            os.close(directory)

    def _read(self, name: AssetName) -> tuple[_Identity, str] | None:
        record = None
        with suppress(OSError):
            descriptor = open_file(self._records / str(name))
            if descriptor is not None:
                record = _RECORD.fullmatch(os.read(descriptor, _MAX_RECORD))
                os.close(descriptor)
        if record is None:
            return None
        inode, size, written, changed, digest = record.groups()
        return _Identity(int(inode), int(size), int(written), int(changed)), digest.decode()


def _sha256(descriptor: int, yield_turn: YieldTurn) -> str:
    digest, position = hashlib.sha256(), 0
    while block := os.pread(descriptor, _BLOCK, position):
        digest.update(block)
        position += len(block)
        if position % BETWEEN_TURNS == 0:
            yield_turn()
    # Many small files in a row are as much work as a large one.
    yield_turn()
    return digest.hexdigest()
