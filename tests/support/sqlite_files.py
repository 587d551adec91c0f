"""SQLite database files, as an operator handles them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def copy_onto(source: Path, target: Path) -> None:
    """Overwrite the target's contents, as `cp` does; its inode stays."""
    before = target.stat().st_mtime_ns
    shutil.copyfile(source, target)
    while target.stat().st_mtime_ns == before:
        # Some systems keep the time to a few milliseconds.
        shutil.copyfile(source, target)


def backup_of(path: Path) -> Path:
    """Return a copy beside the file, of the same size, that differs from it in a number of its header."""
    backup = Path(shutil.copy(path, path.with_name("backup.db")))
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("PRAGMA user_version = 1")
    return backup


def checkpoint(path: Path) -> None:
    """Copy the contents of the log into the database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def problems(path: Path) -> str:
    """Return SQLite's report about the file; "ok" if it is intact."""
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
