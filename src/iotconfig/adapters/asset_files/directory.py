"""Operations on the directory of assets: regular files only, and durable changes."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DIRECTORY_MODE: Final = 0o700
_NO_FILE: Final = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST_MICROSECOND: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def make(directory: Path) -> None:
    """Create the directory and its missing parents, accessible by the service alone."""
    if directory.is_dir():
        return
    if not directory.parent.is_dir():
        make(directory.parent)
    directory.mkdir(_DIRECTORY_MODE, exist_ok=True)
    # The parent may belong to another user.
    with suppress(OSError):
        sync(directory.parent)


def sync(directory: Path) -> None:
    """Flush the directory's entries to disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_status(path: Path) -> os.stat_result | None:
    """Return the status of a regular file; None where the path is missing or anything else."""
    try:
        status = path.lstat()
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    return status if stat.S_ISREG(status.st_mode) else None


def open_file(path: Path) -> int | None:
    """Return the descriptor of a regular file, which the caller closes; None if there is none.

    Anything else is not opened, since opening can have side effects. If the file is replaced
    between the check and the open, a link is not followed, and a pipe does not block.
    """
    if file_status(path) is None:
        return None
    try:
        descriptor = os.open(path, _FILE_FLAGS)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return descriptor


def written_at(status: os.stat_result) -> datetime:
    """Return a file's modification time, clamped to the range of `datetime`: operators can set any time."""
    microseconds = min(max(status.st_mtime_ns // 1000, 0), _LAST_MICROSECOND)
    return _EPOCH + microseconds * _MICROSECOND


def remove_quietly(path: Path) -> None:
    """Remove a file, and ignore failures."""
    with suppress(OSError):
        path.unlink()
