"""What the store does with its directory: regular files only, and changes that outlive a loss of power."""

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
    """Make the directory, where it is missing, for the service alone, and what is missing above it."""
    if directory.is_dir():
        return
    if not directory.parent.is_dir():
        make(directory.parent)
    directory.mkdir(_DIRECTORY_MODE, exist_ok=True)
    # Where it belongs to somebody else, the service may not be allowed to.
    with suppress(OSError):
        sync(directory.parent)


def sync(directory: Path) -> None:
    """Return when the names in the directory are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_status(path: Path) -> os.stat_result | None:
    """The status of a regular file; None where there is none, but a link, a directory, a pipe or a device."""
    try:
        status = path.lstat()
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    return status if stat.S_ISREG(status.st_mode) else None


def open_file(path: Path) -> int | None:
    """The descriptor of a regular file, to be closed by the caller; None where there is none.

    What is no file is not even opened, which can have effects of its own; and
    where one takes the file's place meanwhile, it is not followed or waited for.
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
    """When a file's bytes were written, as far as `datetime` goes: operators can set any time."""
    microseconds = min(max(status.st_mtime_ns // 1000, 0), _LAST_MICROSECOND)
    return _EPOCH + microseconds * _MICROSECOND


def remove_quietly(path: Path) -> None:
    """Remove a file that may be gone already, or that cannot be removed."""
    with suppress(OSError):
        path.unlink()
