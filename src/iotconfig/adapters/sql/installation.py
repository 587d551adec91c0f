"""The installation of a database: one row, created when it is first needed. It has the name, and the key of ETags."""

from __future__ import annotations

from secrets import token_hex
from typing import Final

from sqlalchemy import Connection, func, select

from .engine.database import Database
from .engine.dialects import insert_into
from .tables import installation

_ONLY: Final = 1
_NAME: Final = select(installation.c.name).where(installation.c.only == _ONLY)
_ETAG_KEY: Final = select(installation.c.etag_key).where(installation.c.only == _ONLY)


def installation_name(database: Database) -> str:
    """Return the random name that all processes on the database share. A copy of the database has the same name.

    Raises `StoreUnavailable`, or `StoreFull` if the name cannot be stored.
    """
    with database.reading() as connection:
        found = connection.execute(_NAME).scalar_one_or_none()
    if found is None:
        with database.writing() as connection:
            with_installation(connection)
            found = connection.execute(_NAME).scalar_one()
    return str(found)


def with_installation(connection: Connection) -> None:
    """Create the row unless it is there."""
    row = {
        "only": _ONLY,
        "name": token_hex(16),
        "etag_key": token_hex(32),
        "created_at": func.current_timestamp(),
    }
    # Another process may be doing the same; the first row stays.
    adding = insert_into(connection.dialect.name, installation).values(row)
    connection.execute(adding.on_conflict_do_nothing())


def etag_key(connection: Connection) -> bytes:
    """Return the key of the ETags of documents with values of secrets; empty before the row is created."""
    found = connection.execute(_ETAG_KEY).scalar_one_or_none()
    return bytes.fromhex(found or "")
