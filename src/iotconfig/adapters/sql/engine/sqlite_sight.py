"""How a database file was when its last checkpoint had ended, as the processes of one service share it.

A process that did nothing for a while does not know how the file was after checkpoints
that others made meanwhile. The first process that looks after a checkpoint writes it
down, in a small file beside the database that lasts as long as the service runs.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_FORMAT: Final = struct.Struct("=16sIqq100s16s")

HEAD_BYTES: Final = 100
"""The database file's header. It differs between a database and its backup."""


class Sight(NamedTuple):
    """What was seen of the file, while no checkpoint was under way."""

    progress: bytes
    """Of the checkpoints, as the log's index tells it; 16 bytes."""
    changes: int
    """How many transactions the index counted."""
    modified: int
    """When the file was last written to, in nanoseconds."""
    size: int
    head: bytes


class SharedSight:
    """The last sight that a process of this service had."""

    def __init__(self, path: str) -> None:
        """`path`: of the file, which need not exist."""
        self._path = path

    def read(self) -> Sight | None:
        """It, or None where there is none, or it is just written."""
        try:
            found = Path(self._path).read_bytes()
            progress, changes, modified, size, head, end = _FORMAT.unpack(found)
        except (OSError, struct.error):
            return None
        return Sight(progress, changes, modified, size, head) if progress == end else None

    def write(self, sight: Sight) -> None:
        """Replace it, as far as the disk has room."""
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.pwrite(descriptor, _FORMAT.pack(*sight, sight.progress), 0)
            finally:
                os.close(descriptor)

    def forget(self) -> None:
        """Remove it: another run of the service may not compare with it."""
        with suppress(OSError):
            Path(self._path).unlink(missing_ok=True)
