"""The SQLite file that a process has open, and checks that it is still the one at its path.

SQLite continues to use its open file when the path changes: changes in a file that was moved
away or deleted are lost at the next start. So the files at the paths (the database, its log and
the log's index) are compared with the open ones by device and inode. That is reliable while a
connection is open: an inode in use is not reused, and SQLite removes the log and its index only
when the last connection closes. `sqlite_overwriting` detects other programs that write to the
same inode.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

from attrs import frozen

from iotconfig.domain.errors import StoreNotReached, StoreReadOnly, StoreUnavailable

from .failures import FILE_READ_ONLY, unavailable
from .sqlite_index import Identity, LogIndex, opened_index
from .sqlite_overwriting import OverwritingWatch, clear_mark, is_marked, set_log_aside
from .sqlite_sight import SharedSight

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 0.25
"""Seconds between two checks by readers."""

LOG_BYTES: Final = 16 * 1024 * 1024
"""The size to which an unused log is limited: four times its usual size between two checkpoints."""

STUCK_BYTES: Final = 64 * 1024 * 1024
LOG_STUCK: Final = (
    "The database's -wal file has grown to {} MB, because something that reads the database for long, such as an "
    "export, a backup or a sqlite3 shell, keeps it from being emptied. End that; the file then shrinks by itself."
)

_RESTART: Final = (
    "Stop the service, make sure that the right file is in place, and start it; until then nothing is stored."
)
REPLACED: Final = f"The database file was replaced while the service had it open. {_RESTART}"
OVERWRITTEN: Final = f"The database file was overwritten or cut off while the service had it open. {_RESTART}"
REMOVED: Final = f"The database file was removed while the service had it open. {_RESTART}"
LOG_CHANGED: Final = (
    "The database's -wal or -shm file was removed or replaced while the service had it open. "
    "Restart the service; until then nothing is stored."
)


@frozen
class _Open:
    """The files at the paths when the database was opened."""

    connection: sqlite3.Connection
    """Kept open, so that SQLite keeps log and index in place."""
    main: Identity
    real_path: str
    """With symbolic links resolved, as SQLite does for the log's path."""
    wal: Identity | None
    """None for a database that is not in write-ahead mode yet."""
    shm: Identity | None
    watch: OverwritingWatch | None
    """None where the log's index cannot be read; then only a shrunk file is detected as overwritten."""

    @property
    def wal_path(self) -> str:
        return f"{self.real_path}-wal"

    @property
    def shm_path(self) -> str:
        return f"{self.real_path}-shm"


class OpenFile:
    """One database file that a process has open. Safe to share between threads and greenlets."""

    def __init__(
        self,
        path: Path,
        connect: Callable[[], sqlite3.Connection],
        expected: Identity | None = None,
        *,
        is_first: bool = False,
    ) -> None:
        """`connect` opens the file and reads its schema. Nothing is opened before the first `check`.

        `expected`: the file that other processes of this service have open, if it is known.
        `is_first`: this process starts those others, and ends last.
        """
        self._path = path
        self._expected = expected
        self._connect = connect
        self._is_first = is_first
        self._shared: SharedSight | None = None
        self._lock = Lock()
        self._open: _Open | None = None
        self._looked_at = 0.0
        self._largest = 0
        self._is_overwritten = False
        self._is_log_set_aside = False

    def identity(self) -> Identity:
        """Return the identity of the open file."""
        return (self._open or self._opened()).main

    def check(self, *, is_written: bool = False) -> None:
        """Raise `StoreUnavailable` where the path no longer leads to the open file.

        `is_written`: a change was committed since the last check, so that it is not known in which file it is.
        """
        kind = StoreUnavailable if is_written else StoreNotReached
        found = self._open or self._opened()
        if self._is_overwritten:
            raise self._overwritten(found, kind)
        main = _status(self._path)
        if main is None or (main.st_dev, main.st_ino) != found.main:
            _set_log_aside(found)
            raise unavailable(
                REMOVED if main is None else REPLACED, f"{self._path} is not the file that is open", kind
            )
        if found.watch is None:
            self._refuse_shrunk(main.st_size, kind)
        if found.wal is None:
            return
        wal = _status(found.wal_path)
        self._refuse_overwritten(found, wal, kind)
        if wal is None or (wal.st_dev, wal.st_ino) != found.wal or _identity(found.shm_path) != found.shm:
            _keep_what_is_stored(found)
            raise unavailable(
                LOG_CHANGED, f"{found.wal_path} or its index is not the file that is open", kind
            )
        self._looked_at = monotonic()

    def check_contents(self) -> None:
        """Raise `StoreUnavailable` where another program than SQLite was detected to have written to the file."""
        found = self._open or self._opened()
        if found.wal is not None:
            self._refuse_overwritten(found, _status(found.wal_path), StoreNotReached)

    def _refuse_overwritten(
        self, found: _Open, wal: os.stat_result | None, kind: type[StoreUnavailable]
    ) -> None:
        if self._is_overwritten:
            raise self._overwritten(found, kind)
        if wal is not None and is_marked(found.wal_path, wal.st_size):
            self._is_overwritten = self._is_log_set_aside = True
        elif found.watch is not None and found.watch.is_overwritten():
            self._is_overwritten = True
        if self._is_overwritten:
            raise self._overwritten(found, kind)

    def _overwritten(self, found: _Open, kind: type[StoreUnavailable]) -> StoreUnavailable:
        """Return the error of every check after the detection, until the file is closed."""
        self._set_overwritten_log_aside(found)
        return unavailable(OVERWRITTEN, f"{self._path} was written to by something other than SQLite", kind)

    def _refuse_shrunk(self, size: int, kind: type[StoreUnavailable]) -> None:
        """Refuse a smaller file, if checkpoints are not observable: the service's own writes never shrink it."""
        if size < self._largest:
            raise unavailable(OVERWRITTEN, f"{self._path} is smaller than it was: {size} bytes", kind)
        self._largest = size

    def _set_overwritten_log_aside(self, found: _Open) -> None:
        with self._lock:
            if found.watch is not None and found.wal is not None and not self._is_log_set_aside:
                self._is_log_set_aside = set_log_aside(found.connection, found.wal_path, found.wal)

    def check_now_and_then(self) -> None:
        """Check as `check` does, for readers, at most every `_LOOK_EVERY` seconds."""
        if monotonic() - self._looked_at > _LOOK_EVERY:
            self.check()

    def log_bytes(self) -> int:
        """Return the size of the log."""
        return _size(f"{os.path.realpath(self._path)}-wal")

    def is_log_in_use(self) -> bool:
        """Whether the file was overwritten, and its log cannot be set aside because another connection is writing."""
        return self._is_overwritten and not self._is_log_set_aside

    def shorten_log(self) -> None:
        """Copy a large log into the database and empty it, unless a reader needs it.

        An interrupted checkpoint is completed. It does not wait for locks. Copying can take seconds,
        during which writers continue, but not the greenlets of the calling thread.
        Raises `StoreUnavailable`, `sqlite3.Error`.
        """
        self.check()
        found = self._opened()
        is_large = self.log_bytes() > LOG_BYTES
        if not is_large and (found.watch is None or not found.watch.is_blind()):
            return
        connection = found.connection
        is_busy, entries, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        # Emptying blocks writers, so it is not started if a reader would prevent it.
        if is_large and not is_busy and entries == copied:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def require_writable(self) -> None:
        """Raise `StoreReadOnly` where this process may not write to the file, or its disk is read-only."""
        found = self._open or self._opened()
        beside = (
            [Path(found.real_path).parent]
            if found.wal is None
            else [Path(found.wal_path), Path(found.shm_path)]
        )
        for path in (self._path, *beside):
            if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                raise unavailable(FILE_READ_ONLY, f"{path} cannot be written to", StoreReadOnly)

    def close(self) -> None:
        """Close the connection; the next check opens the file anew."""
        found, self._open = self._open, None
        if found is not None:
            # SQLite copies the log into the database when the last connection closes.
            if self._is_overwritten or (found.watch is not None and found.watch.is_overwritten()):
                self._set_overwritten_log_aside(found)
            else:
                _set_log_aside(found)
            found.connection.close()
        if self._is_first and self._shared is not None:
            self._shared.forget()
        self._largest = 0
        self._is_overwritten = self._is_log_set_aside = False

    def _opened(self) -> _Open:
        with self._lock:
            if self._open is None:
                self._open = self._opening()
            return self._open

    def _opening(self) -> _Open:
        real_path = os.path.realpath(self._path)
        wal_path, shm_path = f"{real_path}-wal", f"{real_path}-shm"
        before = _identity(self._path)
        if self._expected is not None and before != self._expected:
            # Not even opened: the log beside it may belong to the other file.
            raise unavailable(
                REMOVED if before is None else REPLACED,
                f"{self._path} is not the file that the service has open",
                StoreNotReached,
            )
        log_is_new = not _size(wal_path) and _identity(shm_path) is not None
        is_set_aside = is_marked(wal_path, _size(wal_path))
        try:
            connection = self._connect()
        except sqlite3.DatabaseError:
            if is_set_aside:
                raise self._overwritten_before() from None
            raise
        try:
            main = _same(self._path, before)
            wal, shm = _identity(wal_path), _identity(shm_path)
            if wal is not None and log_is_new:
                _refuse_lost_log(connection, wal_path)
            watch = None
            if wal is not None and shm is not None and (index := opened_index(shm)) is not None:
                if is_set_aside:
                    self._refuse_marked(connection, index, wal)
                watch = OverwritingWatch(real_path, main, wal, index, self._sharing(real_path))
            return _Open(connection, main, real_path, wal, shm, watch)
        except BaseException:
            connection.close()
            raise

    def _refuse_marked(self, connection: sqlite3.Connection, index: LogIndex, wal: Identity) -> None:
        if not clear_mark(connection, index, wal):
            raise self._overwritten_before()

    def _sharing(self, real_path: str) -> SharedSight | None:
        if self._expected is None and not self._is_first:
            return None
        self._shared = SharedSight(f"{real_path}-checkpoint")
        if self._is_first:
            self._shared.forget()
        return self._shared

    def _overwritten_before(self) -> StoreUnavailable:
        return unavailable(
            OVERWRITTEN, f"{self._path}: another process found it overwritten", StoreNotReached
        )


def _same(path: Path, before: Identity | None) -> Identity:
    found = _identity(path)
    if found is None or found != before:
        raise unavailable(REPLACED, f"{path} was replaced while it was opened", StoreNotReached)
    return found


def _refuse_lost_log(connection: sqlite3.Connection, wal_path: str) -> None:
    """Refuse an empty log whose shared index has entries: other processes use a log that was deleted."""
    try:
        _, entries, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.OperationalError:
        # SQLite could not read the entries of the index.
        entries = 1
    if entries > 0 and not _size(wal_path):
        raise unavailable(
            LOG_CHANGED, f"{wal_path} is empty, and other processes have another open", StoreNotReached
        )


def _keep_what_is_stored(found: _Open) -> None:
    """If only the log's name was removed, copy its content into the database now, in case the process is killed."""
    if _identity(found.wal_path) != found.wal and _identity(found.shm_path) == found.shm:
        _empty_log(found)


def _set_log_aside(found: _Open) -> None:
    """Rename the log of the open file, because another file has taken its place.

    The next process would apply the log to the new file, and damage it.
    """
    there = _identity(found.real_path)
    if there in (None, found.main) or found.wal is None or _identity(found.wal_path) != found.wal:
        return
    # If the old file was only moved, it is complete then.
    _empty_log(found)
    with suppress(OSError):
        Path(found.wal_path).rename(f"{found.wal_path}.replaced")
        if _identity(found.shm_path) == found.shm:
            Path(found.shm_path).unlink()
    log.warning("%s belongs to the file that was replaced: it is set aside as .replaced", found.wal_path)


def _empty_log(found: _Open) -> None:
    """Copy the log into the database, as far as readers allow."""
    with suppress(sqlite3.Error):
        found.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _identity(path: str | Path) -> Identity | None:
    """Return the identity of the file at the path, with links followed; None where it is missing or not accessible."""
    found = _status(path)
    return None if found is None else (found.st_dev, found.st_ino)


def _status(path: str | Path) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 (half the time of Path's; each write looks at three files twice)
    except OSError:
        return None


def _size(path: str) -> int:
    found = _status(path)
    return 0 if found is None else found.st_size
