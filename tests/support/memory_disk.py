"""Where tests keep their files: in memory, if there is a place."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import disk_usage
from typing import Final

_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what is made in it has names of its own
_NEEDED: Final = 4 * 2**30
"""Free bytes; a whole run takes less than half of them."""


def memory_disk() -> Path | None:
    """The directory of a file system in memory; None where there is none, or it is too full.

    On a disk, each commit of SQLite waits some milliseconds, and PostgreSQL takes 0.2 s of processor time to copy the files of
    a database, instead of 0.01 s.
    """
    is_there = os.access(_IN_MEMORY, os.W_OK) and disk_usage(_IN_MEMORY).free > _NEEDED
    return _IN_MEMORY if is_there else None
