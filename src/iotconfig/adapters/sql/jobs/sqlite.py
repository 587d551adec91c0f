"""A lease as a lock on a file beside a SQLite database, and a wake-up by the database's own change counter.

The kernel frees the lock when its process ends, however that happens.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from iotconfig.adapters.sql.engine.sqlite import file_uri

log = logging.getLogger(__name__)

_POLL: Final = 0.03
"""Seconds between two looks at the change counter."""


class SqliteLease:
    """`Lease` as an exclusive lock on a file."""

    def __init__(self, path: Path, name: str) -> None:
        """`path`: the database's. `name`: the job's; leases of different names do not compete."""
        # One lock for a database, however its path is spelt.
        self._lock_path = Path(f"{path.resolve()}-{name}.lock")
        self._name = name
        self._descriptor: int | None = None

    def hold(self) -> bool:
        if self._descriptor is not None:
            if self._is_in_place(self._descriptor):
                return True
            # Another process may hold the lock of the file that is there now.
            log.warning("%s: the lease is lost: %s was removed or replaced", self._name, self._lock_path)
            self.release()
        try:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            log.warning("%s: no lease: %s", self._name, error)
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

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._lock_path.stat())
        except OSError:
            return False


class SqliteWakeup:
    """`Wakeup` by polling `PRAGMA data_version`, which changes when another connection commits."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._connection: sqlite3.Connection | None = None
        self._version: object = None

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._has_changed():
                return True
            time.sleep(min(left, _POLL))
        return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _has_changed(self) -> bool:
        """Whether another connection has committed since the last look."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(file_uri(self._path), uri=True, timeout=0)
            version = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return False
        changed = version != self._version
        self._version = version
        return bool(changed)
