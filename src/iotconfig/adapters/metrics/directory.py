"""The directory of the metrics files that the processes of one service share."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from attrs import frozen
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead

from .reserved import ReservedDict

_PREFIX: Final = "iotconfig-metrics-"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it
_LOCK: Final = "merging"
_ENDED: Final = "ended"
_SUMMED: Final = ("counter", "histogram")
_PATIENCE: Final = 1.0
"""Seconds to wait for another process that reads or merges."""


@frozen
class CountingDirectory:
    """A directory of one service, locked for the lifetime of the process that made it."""

    path: str
    _descriptor: int

    @classmethod
    def make(cls) -> Self:
        """Make a directory, in memory if possible, because a busy disk would delay writers.

        Removes directories of services that were killed. Raises `OSError` where none can be made.
        """
        _sweep(_MEMORY)
        with suppress(OSError):
            return cls._within(_MEMORY)
        parent = Path(tempfile.gettempdir())
        _sweep(parent)
        return cls._within(parent)

    @classmethod
    def _within(cls, parent: Path) -> Self:
        path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
        return cls(path, _locked(path, fcntl.LOCK_SH))

    def remove(self) -> None:
        """Remove it with all files."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


def forget_process(directory: str, pid: int) -> None:
    """Drop the gauges of a process that ended, and merge its counters with those of other ended processes.

    Each process has its own files; without merging, a process that crashes repeatedly would fill the disk.
    """
    with suppress(OSError), settled(directory, fcntl.LOCK_EX):
        mark_process_dead(pid, directory)  # type: ignore[no-untyped-call] # it has no types
        for kind in _SUMMED:
            left = Path(directory, f"{kind}_{pid}.db")
            if left.exists():
                _add(left, Path(directory, f"{kind}_{_ENDED}.db"))


@contextmanager
def settled(directory: str, kind: int) -> Iterator[None]:
    """Exclude reading during merging, which would count values twice or not at all.

    `kind`: LOCK_SH to read, LOCK_EX to merge. After a second without the lock, the block runs without it.
    """
    descriptor = -1
    with suppress(OSError):
        descriptor = os.open(Path(directory, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + _PATIENCE
        while descriptor >= 0 and time.monotonic() < until:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                break
            except OSError:
                time.sleep(0.01)
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _add(left: Path, ended: Path) -> None:
    """Merge one file's counts into another. Without space for that, both files stay."""
    if not ended.exists():
        left.rename(ended)
        return
    try:
        found = [
            (key, value)
            for key, value, *_ in MmapedDict.read_all_values_from_file(str(left))  # type: ignore[no-untyped-call] # it has no types
        ]
    except (RuntimeError, struct.error, UnicodeDecodeError):
        # The process was killed while it created its file.
        left.unlink()
        return
    total = ReservedDict(str(ended))
    try:
        if total.has_room(key for key, _ in found):
            for key, value in found:
                total.write_value(key, total.read_value(key)[0] + value, 0.0)
            left.unlink()
    finally:
        total.close()  # type: ignore[no-untyped-call] # it has no types


def _sweep(parent: Path) -> None:
    """Remove directories that no process holds a lock on any more."""
    for path in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            os.close(_locked(str(path), fcntl.LOCK_EX))
            shutil.rmtree(path, ignore_errors=True)


def _locked(path: str, kind: int) -> int:
    """Open and lock a directory of this user. Raises `OSError` where it is not one, or is locked."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
