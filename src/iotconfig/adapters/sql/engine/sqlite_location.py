"""The place of a SQLite database: what must be there, and how the file is made."""

from __future__ import annotations

import os
from pathlib import Path

from iotconfig.domain.errors import StoreUnavailable, excerpt


def require_file(path: Path) -> None:
    """Raise `StoreUnavailable` where there is no database at the path, with what to do."""
    if sentence := absence(path):
        raise StoreUnavailable(sentence)


def absence(path: Path) -> str:
    """What to say where there is no database at the path, but could be one; empty where there is something.

    Raises `StoreUnavailable` where there can be none.
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
    """Make the file, where it is missing, for this user alone; SQLite gives those beside it the same mode.

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
