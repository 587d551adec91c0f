"""Checks of a SQLite database's path, and creation of the file."""

from __future__ import annotations

import os
from pathlib import Path

from iotconfig.domain.errors import StoreUnavailable, excerpt


def require_file(path: Path) -> None:
    """Raise `StoreUnavailable`, with the remedy, where there is no database at the path."""
    if sentence := absence(path):
        raise StoreUnavailable(sentence)


def absence(path: Path) -> str:
    """Return a message if there is no database at the path, but one can be created; empty if the file has content.

    Raises `StoreUnavailable` where none can be created.
    """
    _require_possible(path)
    shown = excerpt(str(path))
    try:
        is_empty = not path.stat().st_size
    except FileNotFoundError:
        return _there_is_none(f"There is no database at {shown}")
    except OSError as error:
        raise StoreUnavailable(f"{shown} cannot be opened: {error.strerror}.") from None
    return _there_is_none(f"The file {shown} is empty") if is_empty else ""


def create(path: Path) -> None:
    """Create a missing file, accessible by this user alone; SQLite gives the files beside it the same mode.

    Raises `StoreUnavailable`.
    """
    _require_possible(path)
    try:
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreUnavailable(f"{excerpt(str(path))} cannot be created: {error.strerror}.") from None


def _there_is_none(what: str) -> str:
    return (
        f"{what}: change to the directory that has it, or set DATABASE_URL. "
        "To create an empty one there, run 'iotconfig upgrade-db'."
    )


def _require_possible(path: Path) -> None:
    if path.is_dir():
        raise StoreUnavailable(f"{excerpt(str(path))} is a directory, not a database: set DATABASE_URL.")
    if not path.parent.is_dir():
        raise StoreUnavailable(
            f"There is no directory {excerpt(str(path.parent))}: create it, or set DATABASE_URL."
        )
