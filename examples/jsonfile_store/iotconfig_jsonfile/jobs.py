"""The lease of a background job, and its wake-up."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from attrs import define

_POLL: Final = 0.05
"""Seconds between two looks at the file."""


@define
class JsonFileLease:
    """`Lease` as a lock on a file beside the store's, which the kernel frees when its process ends."""

    _path: Path
    _descriptor: int | None = None

    def hold(self) -> bool:
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@define
class JsonFileWakeup:
    """`Wakeup` by looking at the file, which each commit replaces."""

    _path: Path
    _seen: tuple[int, ...] = ()

    def wait(self, seconds: float) -> bool:
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            if self._has_changed():
                return True
            sleep(min(left, _POLL))
        return False

    def close(self) -> None:
        """Do nothing: nothing is open between two looks."""

    def _has_changed(self) -> bool:
        try:
            found = self._path.stat()
        except OSError:
            return False
        before, self._seen = self._seen, (found.st_ino, found.st_mtime_ns, found.st_size)
        return before != self._seen
