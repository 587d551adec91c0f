"""What the index of SQLite's write-ahead log (the -shm file) tells about checkpoints.

Its format is public: https://sqlite.org/walformat.html, "WAL-Index Format". Here it is
read through the descriptor that SQLite itself has open. A descriptor of our own would
have to stay open as long as any connection of the process: POSIX locks belong to the
process, so closing a descriptor gives up the locks that SQLite holds on the same file.
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
"""Bytes of the header, which is followed by a copy of itself."""
_LENGTH: Final = 136
"""Bytes of the two headers and of what is known about checkpoints."""

_ATTEMPTS: Final = 1000
"""Far more than it takes until a header is complete, which another process is just writing."""


class Checkpoints(NamedTuple):
    """The state of the checkpoints at one moment."""

    progress: bytes
    """The log's salts, how many of its entries are copied, and up to which one copying was begun."""
    is_settled: bool
    """No checkpoint is under way, and the last one was completed."""
    changes: int
    """How many transactions were committed since the index was made; after a recovery it is 0."""
    entries: int
    """How many entries the log holds."""
    page_bytes: int
    least_size: int
    """Bytes that the database file has at least: SQLite refuses a checkpoint into a smaller one."""
    file_size: int | None
    """Bytes that the database file has, where all of the log is copied into it; None where a part is not."""


class LogIndex:
    """The index of one log, as SQLite has it open in this process."""

    def __init__(self, identity: Identity) -> None:
        """`identity`: which file the index is."""
        self._identity = identity
        self._descriptor = descriptor_of(identity)

    def read(self) -> Checkpoints | None:
        """The state now; None where it cannot be told: while the index is written, or in a format that is not known."""
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
        """The same; None only where it can never be told."""
        return next(filter(None, (self.read() for _ in range(_ATTEMPTS))), None)


def opened_index(identity: Identity) -> LogIndex | None:
    """The index, where SQLite has it open in this process, in the format that is known."""
    index = LogIndex(identity)
    return None if index.read_patiently() is None else index


def _checkpoints(found: bytes) -> Checkpoints:
    _, changes, page_size, entries, pages, copied, attempted = _FIELDS.unpack_from(found)
    # 64 KiB do not fit into the field, and are written as 1.
    page_bytes = page_size if page_size > 1 else 65_536
    return Checkpoints(
        progress=found[32:40] + found[96:100] + found[128:132],
        # More copied than there are: a process was killed while it began the log anew.
        is_settled=copied == attempted <= entries,
        changes=changes,
        entries=entries,
        page_bytes=page_bytes,
        least_size=(pages - entries) * page_bytes - 65_536,
        # Before the first change after a recovery, the index does not know how many pages there are.
        file_size=pages * page_bytes if copied == entries and pages else None,
    )


def descriptor_of(identity: Identity) -> int | None:
    """A descriptor with which this process has the file open, or None."""
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
