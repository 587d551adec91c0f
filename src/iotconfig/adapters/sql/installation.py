"""The name of a database's installation: one row, created when it is first read."""

from __future__ import annotations

from secrets import token_hex
from typing import Final

from sqlalchemy import func, select

from .engine.database import Database
from .engine.dialects import insert_into
from .tables import installation

_ONLY: Final = 1
_NAME: Final = select(installation.c.name).where(installation.c.only == _ONLY)


def installation_name(database: Database) -> str:
    """Return the random name that all processes on the database share. A copy of the database has the same name.

    Raises `StoreUnavailable`, or `StoreFull` if the name cannot be stored.
    """
    with database.reading() as connection:
        found = connection.execute(_NAME).scalar_one_or_none()
    if found is None:
        with database.writing() as connection:
            row = {"only": _ONLY, "name": token_hex(16), "created_at": func.current_timestamp()}
            # Another process may be doing the same; the first name stays.
            adding = insert_into(connection.dialect.name, installation).values(row)
            connection.execute(adding.on_conflict_do_nothing())
            found = connection.execute(_NAME).scalar_one()
    return str(found)
