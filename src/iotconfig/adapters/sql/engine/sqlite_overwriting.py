"""Detection of programs other than SQLite that write to a database file in write-ahead mode.

In that mode only checkpoints write to the database file, and the log's index counts them. So a file
that changed without a checkpoint was overwritten, for example by `cp`. The log belongs to the earlier
contents: SQLite would copy it into the new ones at the next checkpoint, at the latest when the last
connection closes, and damage them. So the log is set aside.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from .failures import is_busy
from .sqlite_index import Checkpoints, Identity, LogIndex, descriptor_of
from .sqlite_log import is_in_file
from .sqlite_sight import SharedSight, Sight

log = logging.getLogger(__name__)

_MARK: Final = b"overwritten"
"""The content of a log that was set aside. SQLite treats a log shorter than its header of 32 bytes as empty."""
_CHUNK: Final = 1024 * 1024

_SAMPLED: Final = 4096
"""The size of a block that is compared, in bytes."""
_MOST_SAMPLED: Final = 1024
"""The most blocks to compare: 4 MiB, which are read and digested in a few milliseconds, by one process for each checkpoint."""


class OverwritingWatch:
    """Compares one database file with its last known state."""

    def __init__(
        self, path: str, main: Identity, wal: Identity, index: LogIndex, shared: SharedSight | None = None
    ) -> None:
        """`shared`: exchanges states with the other processes of this service."""
        self._path = path
        self._main = main
        self._wal = wal
        self._index = index
        self._shared = shared
        self._last = Sight(b"", 0, 0, 0, b"")

    def is_overwritten(self) -> bool:
        """Whether the file was written to, other than by a checkpoint, since the last checkpoint.

        False where that is unknown: another file is at the path, or a checkpoint is running. If no
        process has looked since the last checkpoint, the file is compared with the log, provided
        that the log was copied completely.
        """
        before = self._index.read()
        if before is None:
            return False
        try:
            status = os.stat(self._path)  # noqa: PTH116 (faster; every write calls it)
        except OSError:
            return False
        if (before.progress, status.st_mtime_ns, status.st_size) == (
            self._last.progress,
            self._last.modified,
            self._last.size,
        ):
            return False
        if (status.st_dev, status.st_ino) != self._main:
            return False
        if not before.is_settled:
            # SQLite aborts every checkpoint into a file that is much too small.
            return status.st_size < before.least_size and self._index.read() == before
        known = self._known(before)
        sight = self._sight(before, status, known)
        is_other = self._is_other(before, sight, known)
        after = self._index.read()
        if after is None or after.progress != before.progress:
            return False
        if is_other:
            return True
        self._last = sight
        if self._shared is not None and known != sight:
            self._shared.write(sight)
        return False

    def _is_other(self, checkpoints: Checkpoints, sight: Sight, known: Sight | None) -> bool:
        if checkpoints.file_size not in (None, sight.size):
            return True
        if known is not None and (known.modified, known.size) == (sight.modified, sight.size):
            return False
        # The time alone proves nothing: `touch` sets it without writing, and to set the log aside then would lose changes.
        if known is not None and (known.size, known.content) != (sight.size, sight.content):
            return True
        return checkpoints.file_size is not None and not is_in_file(
            self._main, self._wal, checkpoints.entries, checkpoints.page_bytes
        )

    def _sight(self, checkpoints: Checkpoints, status: os.stat_result, known: Sight | None) -> Sight:
        """Return the present state of the file.

        The digest is that of the known state, which another process may have computed, if time and size are the same.
        """
        if known is not None and (known.modified, known.size) == (status.st_mtime_ns, status.st_size):
            return known._replace(changes=checkpoints.changes)
        content = self._digest(status.st_size)
        return Sight(checkpoints.progress, checkpoints.changes, status.st_mtime_ns, status.st_size, content)

    def _known(self, checkpoints: Checkpoints) -> Sight | None:
        """Return the known state of the file after the same checkpoint, or None."""
        if self._last.progress == checkpoints.progress:
            known: Sight | None = self._last
        else:
            known = None if self._shared is None else self._shared.read()
        if known is None or known.progress != checkpoints.progress:
            return None
        # A recovery resets the counts, so that a later checkpoint may end in the same state as an earlier one.
        return None if checkpoints.changes < known.changes else known

    def is_blind(self) -> bool:
        """Whether a checkpoint was aborted or is running, so that nothing can be detected until one is completed."""
        found = self._index.read()
        return found is not None and not found.is_settled

    def _digest(self, size: int) -> bytes:
        """Read through SQLite's own descriptor: closing another one would release SQLite's locks."""
        digest = blake2b(digest_size=16)
        descriptor = descriptor_of(self._main)
        if descriptor is not None:
            with suppress(OSError):
                for offset in _sampled(size):
                    digest.update(os.pread(descriptor, _SAMPLED, offset))
        return digest.digest()


def _sampled(size: int) -> range:
    """The offsets of the blocks to compare: all of a small file; of a large one as many, evenly spread from its start."""
    blocks = -(-size // _SAMPLED)
    return range(0, size, _SAMPLED * max(1, -(-blocks // _MOST_SAMPLED)))


def is_marked(wal_path: str, size: int) -> bool:
    """Whether a process has set this log, which has that size, aside, because the database file was overwritten."""
    if size != len(_MARK):
        return False
    try:
        return Path(wal_path).read_bytes() == _MARK
    except OSError:
        return False


def set_log_aside(connection: sqlite3.Connection, wal_path: str, wal: Identity) -> bool:
    """Copy the log aside, and replace its content by a mark. Returns False while another connection is writing.

    The index still counts the log's entries, so SQLite finds the log too short before it copies
    any of them, and the next start finds an empty log. The connection keeps the write lock until
    it is closed, because changes of other processes would be lost.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        # Any other error: the new contents are not readable, so that no process can write.
        if is_busy(error):
            return False
    descriptor = descriptor_of(wal)
    if descriptor is None:
        return True
    if _size(descriptor) > len(_MARK):
        with suppress(OSError):
            _copy(descriptor, f"{wal_path}.replaced")
            log.warning("%s belongs to what was overwritten: a copy is kept as .replaced", wal_path)
    with suppress(OSError):
        os.pwrite(descriptor, _MARK, 0)
        os.ftruncate(descriptor, len(_MARK))
        os.fsync(descriptor)
    return True


def clear_mark(connection: sqlite3.Connection, index: LogIndex, wal: Identity) -> bool:
    """Remove the mark of an earlier run of the service. Returns False while the run that left it continues.

    After the end of that run, the write lock is free, and SQLite has recovered the log: the index counts no entries.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error:
        return False
    try:
        descriptor = descriptor_of(wal)
        if descriptor is None or _size(descriptor) != len(_MARK):
            return True
        found = index.read_patiently()
        if found is None or found.entries > 0:
            return False
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        return True
    finally:
        connection.execute("ROLLBACK")


def _copy(source: int, path: str) -> None:
    copy = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(copy, "wb") as target:
        os.fchmod(copy, 0o600)
        target.writelines(_chunks(source))


def _chunks(source: int) -> Iterator[bytes]:
    offset = 0
    while chunk := os.pread(source, _CHUNK, offset):
        yield chunk
        offset += len(chunk)


def _size(descriptor: int) -> int:
    try:
        return os.fstat(descriptor).st_size
    except OSError:
        return 0
