"""The directory in which the processes of one service count together, and what becomes of it."""

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
"""Seconds to wait for others who read or merge: nothing is worth waiting longer."""


@frozen
class CountingDirectory:
    """A directory of its own, locked for as long as its maker lives."""

    path: str
    _descriptor: int

    @classmethod
    def make(cls) -> Self:
        """In memory where there is such a place, for a busy disk makes writers wait.

        Directories of services that are gone, which somebody killed, are removed. Raises
        `OSError` where none can be made.
        """
        _sweep(_MEMORY)
        with suppress(OSError):
            return cls._within(_MEMORY)
        place = Path(tempfile.gettempdir())
        _sweep(place)
        return cls._within(place)

    @classmethod
    def _within(cls, place: Path) -> Self:
        path = tempfile.mkdtemp(prefix=_PREFIX, dir=place)
        return cls(path, _locked(path, fcntl.LOCK_SH))

    def remove(self) -> None:
        """Remove it with all that was counted."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


def forget_process(directory: str, pid: int) -> None:
    """Take the gauges of a process that ended out of the sum, and add what it counted to that of others that ended.

    Each process has files of its own; without this, one that crashes again and again fills the disk.
    """
    with suppress(OSError), settled(directory, fcntl.LOCK_EX):
        mark_process_dead(pid, directory)  # type: ignore[no-untyped-call] # it has no types
        for kind in _SUMMED:
            left = Path(directory, f"{kind}_{pid}.db")
            if left.exists():
                _add(left, Path(directory, f"{kind}_{_ENDED}.db"))


@contextmanager
def settled(directory: str, kind: int) -> Iterator[None]:
    """Keep reading and merging apart, or counts would be seen twice, or not at all, for a moment.

    `kind`: LOCK_SH to read, LOCK_EX to merge. Who does not get it in a second goes on without.
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
    """Add one file's counts to those of another; where there is no space for that, both stay."""
    if not ended.exists():
        left.rename(ended)
        return
    try:
        found = [
            (key, value)
            for key, value, *_ in MmapedDict.read_all_values_from_file(str(left))  # type: ignore[no-untyped-call] # it has no types
        ]
    except (RuntimeError, struct.error, UnicodeDecodeError):
        # It was killed while it began its file.
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


def _sweep(place: Path) -> None:
    """Remove directories whose makers are gone: the kernel let go of their locks."""
    for path in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            os.close(_locked(str(path), fcntl.LOCK_EX))
            shutil.rmtree(path, ignore_errors=True)


def _locked(path: str, kind: int) -> int:
    """A descriptor of a directory of ours, locked. Raises `OSError` where it is none, or others have it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
