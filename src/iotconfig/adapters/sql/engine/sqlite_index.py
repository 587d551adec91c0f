"""The state of checkpoints, read from the index of SQLite's write-ahead log (the -shm file).

The format is public: https://sqlite.org/walformat.html, "WAL-Index Format". The file is read through
the descriptor that SQLite has open. A separate descriptor would have to stay open as long as any
connection of the process: POSIX locks belong to the process, so closing a descriptor releases the
locks that SQLite holds on the same file.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import Final, NamedTuple

Identity = tuple[int, int]
"""Device and inode."""

_VERSION: Final = (3_007_000).to_bytes(4, sys.byteorder)
_FIELDS: Final = struct.Struct("=I4xI2xHII72xI28xI")
_HEADER: Final = 48
"""The size of the header in bytes. It is followed by a copy."""
_LENGTH: Final = 136
"""The size of both headers and of the checkpoint information, in bytes."""

_ATTEMPTS: Final = 1000
"""Attempts to read while another process writes the header; far more than needed."""


class Checkpoints(NamedTuple):
    """The state of the checkpoints at one moment."""

    progress: bytes
    """The log's salts, the number of copied entries, and the last entry that copying was begun for."""
    is_settled: bool
    """Whether no checkpoint is running, and the last one was completed."""
    changes: int
    """Transactions committed since the index was created; 0 after a recovery."""
    entries: int
    """The number of entries in the log."""
    page_bytes: int
    least_size: int
    """The smallest size of the database file in bytes: SQLite refuses a checkpoint into a smaller one."""
    file_size: int | None
    """The size of the database file in bytes, if the whole log is copied into it; else None."""


class LogIndex:
    """The index of one log that SQLite has open in this process."""

    def __init__(self, identity: Identity) -> None:
        """`identity`: of the index file."""
        self._identity = identity
        self._descriptor = descriptor_of(identity)

    def read(self) -> Checkpoints | None:
        """Return the current state; None while the index is being written, and for an unknown format."""
        if self._descriptor is None:
            return None
        try:
            status = os.fstat(self._descriptor)
            found = os.pread(self._descriptor, _LENGTH, 0)
        except OSError:
            return None
        if (status.st_dev, status.st_ino) != self._identity or len(found) < _LENGTH:
            return None
        if found[:4] != _VERSION or found[12] != 1 or found[:_HEADER] != found[_HEADER : 2 * _HEADER]:
            return None
        return _checkpoints(found)

    def read_patiently(self) -> Checkpoints | None:
        """Return the current state, with retries; None only for an unknown format."""
        return next(filter(None, (self.read() for _ in range(_ATTEMPTS))), None)


def opened_index(identity: Identity) -> LogIndex | None:
    """Return the index if SQLite has it open in this process, in the known format; else None."""
    index = LogIndex(identity)
    return None if index.read_patiently() is None else index


def _checkpoints(found: bytes) -> Checkpoints:
    _, changes, page_size, entries, pages, copied, attempted = _FIELDS.unpack_from(found)
    # 65,536 does not fit into the field, and is stored as 1.
    page_bytes = page_size if page_size > 1 else 65_536
    return Checkpoints(
        progress=found[32:40] + found[96:100] + found[128:132],
        # More copied entries than entries: a process was killed while it restarted the log.
        is_settled=copied == attempted <= entries,
        changes=changes,
        entries=entries,
        page_bytes=page_bytes,
        least_size=(pages - entries) * page_bytes - 65_536,
        # Between a recovery and the next change, the index has no number of pages.
        file_size=pages * page_bytes if copied == entries and pages else None,
    )


def descriptor_of(identity: Identity) -> int | None:
    """Return a descriptor through which this process has the file open, or None."""
    try:
        names = os.listdir("/dev/fd")  # noqa: PTH208 (they are numbers, not paths)
    except OSError:
        return None
    for name in names:
        try:
            status = os.fstat(int(name))
        except (OSError, ValueError):
            continue
        if (status.st_dev, status.st_ino) == identity:
            return int(name)
    return None
