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
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.errors import AssetsUnavailable

from .cooperate import BETWEEN_TURNS, YieldTurn
from .records import Records

_DIRECTORY: Final = ".digests"
_RECORD: Final = re.compile(rb"([0-9]+) ([0-9]+) (-?[0-9]+) (-?[0-9]+) ([0-9a-f]{64})\n")
_BLOCK: Final = 256 * 1024
_ATTEMPTS: Final = 3
SETTLED_NS: Final = 2_000_000_000
"""The age in nanoseconds from which a later change is certain to alter the times: file systems' clocks are coarse."""


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
        self._records = Records(directory / _DIRECTORY)
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
                    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED_NS:
                        self.remember(name, status, digest)
                    return digest, status
        raise AssetsUnavailable(f"{name} is being written to: ask again later.")

    def remember(self, name: AssetName, status: os.stat_result, digest: str) -> None:
        """Cache the digest of the file with this status."""
        identity = _Identity.of(status)
        self._known[name] = identity, digest
        line = " ".join(map(str, identity)) + f" {digest}\n"
        # If this fails, other processes compute the digest themselves.
        self._records.write(name, line.encode())

    def forget(self, name: AssetName) -> None:
        """Remove the record of a deleted file."""
        self._known.pop(name, None)
        self._records.remove(name)

    def _read(self, name: AssetName) -> tuple[_Identity, str] | None:
        record = _RECORD.fullmatch(self._records.read(name))
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
