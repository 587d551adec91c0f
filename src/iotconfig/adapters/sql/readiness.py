"""Whether the database answers, and has the schema that this version works with."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from sqlalchemy import text

from iotconfig.domain.errors import StoreUnavailable

from .engine.database import Database
from .engine.failures import SCHEMA_NOT_CURRENT
from .migration_scripts import known_revisions
from .tables import VERSION_TABLE

_APPLIED: Final = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a name of ours


class SqlReadiness:
    """Asks through the connections that devices use: a pool that has none to give is not ready either."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self) -> None:
        """Return when requests can be served. Raises `StoreUnavailable`, within seconds."""
        self._database.check()
        with self._database.serving() as connection:
            applied = connection.execute(_APPLIED).scalar()
        if applied != self._newest:
            raise StoreUnavailable(SCHEMA_NOT_CURRENT)

    @cached_property
    def _newest(self) -> str:
        # The scripts are files: they are read once, and not at each look.
        return known_revisions()[-1]
