"""The state of a database file after its last checkpoint, shared by the processes of one service.

A process that was idle has not seen the file after the checkpoints of others. The first process
that looks after a checkpoint stores the state in a small file beside the database, which exists
as long as the service runs.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_FORMAT: Final = struct.Struct("=16sIqq16s16s")


class Sight(NamedTuple):
    """The state of the file while no checkpoint was running."""

    progress: bytes
    """The progress of checkpoints in the log's index; 16 bytes."""
    changes: int
    """The number of transactions in the index."""
    modified: int
    """The file's modification time in nanoseconds."""
    size: int
    content: bytes
    """A digest of 16 bytes; of a large file, of a sample of it."""


class SharedSight:
    """The last state that any process of this service saw."""

    def __init__(self, path: str) -> None:
        """`path`: of the shared file, which need not exist."""
        self._path = path

    def read(self) -> Sight | None:
        """Return the state; None if there is none, or while it is being written."""
        try:
            found = Path(self._path).read_bytes()
            progress, changes, modified, size, content, end = _FORMAT.unpack(found)
        except (OSError, struct.error):
            return None
        return Sight(progress, changes, modified, size, content) if progress == end else None

    def write(self, sight: Sight) -> None:
        """Replace the state. Failures, such as a full disk, are ignored."""
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.pwrite(descriptor, _FORMAT.pack(*sight, sight.progress), 0)
            finally:
                os.close(descriptor)

    def forget(self) -> None:
        """Remove the file: the next run of the service must not use it."""
        with suppress(OSError):
            Path(self._path).unlink(missing_ok=True)
