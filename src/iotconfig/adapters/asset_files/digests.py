"""SHA-256 of files: computed once, and remembered for as long as they stay as they are.

In memory, and for other workers and the next start in a directory beside the
assets. That is no more than a hint: it holds for the file with exactly this
inode, size and times, of which nobody can set the last one (ctime).
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
"""Age of a change from which on another one must show in the times: clocks of file systems are coarse."""


class _Identity(NamedTuple):
    """A file's bytes, as far as its status tells them."""

    inode: int
    size: int
    written: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> _Identity:
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def has_same_bytes(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether nobody wrote into a file between two looks at it. A new name, or none, is no other content."""
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


class Digests:
    """The digests of the files in one directory."""

    def __init__(self, directory: Path, pause: YieldTurn) -> None:
        self._pause = pause
        self._records = directory / _DIRECTORY
        self._known: dict[AssetName, tuple[_Identity, str]] = {}
        self._computing = Lock()

    def known(self, name: AssetName, status: os.stat_result) -> str | None:
        """The digest of the file with this status, if it is remembered."""
        identity = _Identity.of(status)
        found = self._known.get(name)
        if found is None or found[0] != identity:
            found = self._read(name)
        if found is None or found[0] != identity:
            return None
        self._known[name] = found
        return found[1]

    def of(self, name: AssetName, descriptor: int) -> tuple[str, os.stat_result]:
        """The digest of an open file, and the status that it holds for. Raises `AssetsUnavailable` where it keeps changing."""
        status = os.fstat(descriptor)
        found = self.known(name, status)
        if found is not None:
            return found, status
        # Two hundred devices that want a new file at the same time: one computes, the others wait.
        with self._computing:
            for _ in range(_ATTEMPTS):
                status = os.fstat(descriptor)
                found = self.known(name, status)
                if found is not None:
                    return found, status
                digest = _sha256(descriptor, self._pause)
                if has_same_bytes(status, os.fstat(descriptor)):
                    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED_NS:
                        self.remember(name, status, digest)
                    return digest, status
        raise AssetsUnavailable(f"{name} is being written to: ask again later.")

    def remember(self, name: AssetName, status: os.stat_result, digest: str) -> None:
        """Keep the digest of the file with this status."""
        identity = _Identity.of(status)
        self._known[name] = identity, digest
        line = " ".join(map(str, identity)) + f" {digest}\n"
        # Without it, others compute it for themselves.
        with suppress(OSError):
            self._records.mkdir(_DIRECTORY_MODE, exist_ok=True)
            self._write(str(name), line.encode())

    def forget(self, name: AssetName) -> None:
        """Keep nothing of a file that is gone."""
        self._known.pop(name, None)
        with suppress(OSError):
            (self._records / str(name)).unlink()

    def _write(self, name: str, record: bytes) -> None:
        """Write a record anew, following no link. It is not renamed into place: what is half there is no record."""
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


def _sha256(descriptor: int, pause: YieldTurn) -> str:
    digest, position = hashlib.sha256(), 0
    while block := os.pread(descriptor, _BLOCK, position):
        digest.update(block)
        position += len(block)
        if position % BETWEEN_TURNS == 0:
            pause()
    # Many small files, one after the other, are a lot of work as well.
    pause()
    return digest.hexdigest()
