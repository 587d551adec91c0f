"""The relay's lease on SQLite: held by an open file beside the database, which ends with the process, however that ends."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from .engine.sqlite import file_uri

log = logging.getLogger(__name__)

_POLL: Final = 0.03
"""Seconds between two looks at whether the file was written to."""


class SqliteLease:
    """`Lease` as a lock on a file beside the database. The database's own file tells of announcements."""

    def __init__(self, path: Path) -> None:
        # One lock for a database, however its path is spelt.
        self._path = path.resolve()
        self._lock_path = Path(f"{self._path}-relay.lock")
        self._descriptor: int | None = None
        self._watched: sqlite3.Connection | None = None
        self._version: object = None

    def hold(self) -> bool:
        if self._descriptor is not None:
            if self._is_in_place(self._descriptor):
                return True
            # Another relay may hold the lock of the file that is there now.
            log.warning("relay: %s was removed or replaced: the lease is lost", self._lock_path)
            self.release()
        try:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            log.warning("relay: the lease cannot be had: %s", error)
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._was_written_to():
                return True
            time.sleep(min(left, _POLL))
        return False

    def release(self) -> None:
        if self._watched is not None:
            self._watched.close()
            self._watched = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._lock_path.stat())
        except OSError:
            return False

    def _was_written_to(self) -> bool:
        """Whether another connection has committed since the last look."""
        try:
            if self._watched is None:
                self._watched = sqlite3.connect(file_uri(self._path), uri=True, timeout=0)
            version = self._watched.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return False
        changed = version != self._version
        self._version = version
        return bool(changed)
