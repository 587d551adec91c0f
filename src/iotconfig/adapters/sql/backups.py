"""Backups of a SQLite file, and restoring one: both are complete or do not happen. PostgreSQL has tools of its own."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp

from attrs import frozen
from sqlalchemy import URL

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import StoreBusy, StoreFull, StoreUnavailable, ValidationFailed, excerpt

from .engine.failures import is_out_of_space, translated
from .engine.sqlite import file_uri
from .engine.sqlite_location import require_file
from .engine.url import DatabaseUrl
from .migrations import Migrations


@frozen
class Backups:
    """Backups of one database."""

    url: DatabaseUrl
    clock: Clock

    def back_up(self, target: Path | None = None) -> Path:
        """Copy the database as it is at one moment into a new file, which only this user can read; return its path.

        Changes go on meanwhile, and are not in the copy.

        target: a file, or a directory for a file with a dated name; by default, the working directory.

        Raises `ValidationFailed` if the file exists, and for PostgreSQL, with the command; `StoreFull` if the disk of the
        copy is full; `StoreUnavailable`.
        """
        if not self.url.is_sqlite:
            raise ValidationFailed(
                f"PostgreSQL is backed up by its own tool: pg_dump --format=custom --file=iotconfig.dump '{self.url}'"
            )
        require_file(self.url.path)
        target = target or Path()
        if target.is_dir():
            target /= f"{self.url.path.stem}-{_stamp(self.clock())}.db"
        # A link that leads nowhere, too.
        if os.path.lexists(target):
            raise ValidationFailed(f"{excerpt(str(target))} exists already: name another file.")
        with _copied(self.url.path, target.parent) as draft:
            # Unlike a rename, a link replaces no file that was created meanwhile.
            os.link(draft, target)
        _synchronise(target.parent)
        return target

    def restore(self, source: Path) -> Path | None:
        """Replace the database by a backup, and return the path at which its former file is kept; None without one.

        No other process may have the database open. The new file gets the owner and the mode of the former one.

        Raises `ValidationFailed` if the file is no backup of iotconfig, is damaged or is the database itself, and for
        PostgreSQL, with the command; `PermissionError` if the database may not be written; `StoreUnavailable` if it is of
        a newer version; `StoreBusy` while another process, such as a service, has the database open; `StoreFull` if the
        disk of the database has no room for the copy beside it.
        """
        if not self.url.is_sqlite:
            raise ValidationFailed(
                f"PostgreSQL is restored by its own tool: pg_restore --no-owner --exit-on-error "
                f"--single-transaction --dbname='{self.url}' iotconfig.dump"
            )
        _require_backup(source)
        path = Path(os.path.realpath(self.url.path))
        _require_other_file(path, source)
        aside = path.with_name(f"{path.name}.{_stamp(self.clock())}")
        is_there = path.exists() and path.stat().st_size > 0
        if is_there and aside.exists():
            raise ValidationFailed(f"{excerpt(str(aside))} exists already: try again.")
        with _copied(source, path.parent) as draft, _closed_to_others(path, is_there=is_there):
            if is_there:
                _give_to_owner_of(path, draft)
                os.link(path, aside)
            # Of a damaged database, or of one that was removed: SQLite would apply them to the backup.
            for kind in ("-wal", "-shm", "-journal"):
                with suppress(FileNotFoundError):
                    Path(f"{path}{kind}").rename(f"{aside}{kind}")
            draft.replace(path)
            _synchronise(path.parent)
        return aside if is_there else None


@contextmanager
def _copied(source: Path, directory: Path) -> Iterator[Path]:
    """A complete copy of a database, on disk, under a temporary name in this directory; removed after the block."""
    try:
        descriptor, name = mkstemp(prefix=".iotconfig-", suffix=".part", dir=directory)
    except OSError as error:
        # The user knows the directory, and not the temporary name.
        raise OSError(error.errno, error.strerror, str(directory)) from None
    os.close(descriptor)
    draft = Path(name)
    try:
        with (
            translated(file=str(source)),
            closing(_connected(source)) as original,
        ):
            # Opens the file, which may need space on its own disk.
            original.execute("PRAGMA schema_version").fetchone()
            with _on_disk_of(directory), closing(sqlite3.connect(draft)) as copy:
                original.backup(copy)
                # One file: without write-ahead mode, nothing of it is in a log.
                copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _on_disk_of(directory: Path) -> Iterator[None]:
    """Raise `StoreFull`, with the directory, where SQLite has no room to write during the block."""
    try:
        yield
    except sqlite3.Error as error:
        if not is_out_of_space(error):
            raise
        raise StoreFull(
            f"The disk of {excerpt(str(directory))} is full. Nothing was changed: free some space there, and try again."
        ) from None


@contextmanager
def _closed_to_others(path: Path, *, is_there: bool) -> Iterator[None]:
    """Keep other processes from using a database during the block, unless it is damaged.

    Raises `StoreBusy` while one has it open.
    """
    if not is_there:
        yield
        return
    with (
        translated(file=str(path)),
        closing(_connected(path)) as connection,
        _on_disk_of(path.parent),
    ):
        try:
            # Copies the log into the file. SQLite refuses to leave write-ahead mode while another connection exists.
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            code = error.sqlite_errorcode & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreBusy(
                    f"Another process has {excerpt(str(path))} open: stop the service first.", str(error)
                ) from None
            # No process can use a damaged file, so there is nothing to lock.
            if code not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
        yield


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(file_uri(path), uri=True, timeout=0, isolation_level=None)


def _require_backup(source: Path) -> None:
    """Raise `ValidationFailed` or `StoreUnavailable` unless the file is a sound database of a known version."""
    shown = excerpt(str(source))
    if not source.is_file():
        raise ValidationFailed(f"There is no file {shown}.")
    try:
        with closing(_connected(source)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        verdict = "no database"
    if verdict != "ok":
        raise ValidationFailed(f"{shown} is damaged, or no SQLite database.")
    status = Migrations(DatabaseUrl(URL.create("sqlite", database=str(source.absolute())))).status()
    if status.current is None:
        raise ValidationFailed(f"{shown} is no database of iotconfig.")
    if not status.known:
        raise StoreUnavailable(
            f"{shown} is at schema {status.current}, which this version does not know: install a newer version."
        )


def _require_other_file(path: Path, source: Path) -> None:
    """Raise `ValidationFailed` if a backup is the database itself, and `PermissionError` if that is read-only."""
    if not path.exists():
        return
    if path.samefile(source):
        raise ValidationFailed(f"{excerpt(str(source))} is the database itself: name a backup.")
    if not os.access(path, os.W_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _give_to_owner_of(path: Path, draft: Path) -> None:
    """Let the same user open a file that takes the place of another, also where an administrator restores it."""
    former = path.stat()
    with suppress(PermissionError):
        os.chown(draft, former.st_uid, former.st_gid)
    draft.chmod(stat.S_IMODE(former.st_mode))


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d-%H%M%S}"


def _synchronise(directory: Path) -> None:
    """Write the names in a directory to disk, where its file system can."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
