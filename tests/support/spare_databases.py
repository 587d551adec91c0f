"""Databases with the current schema that tests reuse: creating and dropping one takes ten times as long as emptying it."""

from __future__ import annotations

import uuid

import psycopg
from attrs import define, field

from iotconfig.adapters.sql.tables import metadata

from .postgres import create_database, drop_database

_MOST_BYTES = 32 * 2**20

_FINGERPRINT = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT concat_ws(' ', relname, relkind, relacl, reloptions, attname, atttypid, atttypmod, attnotnull, attcollation)
            FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL SELECT conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT tgname FROM pg_trigger
        UNION ALL SELECT oid::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT nspname || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting
        UNION ALL SELECT rolname FROM pg_roles
        UNION ALL SELECT datacl::text FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT version_num FROM iotconfig_version
    ) AS lines(line)
"""
"""Everything that a test may have changed besides rows: schema, version, settings, rights."""

_IN_USE = (
    "SELECT count(*) > 1 OR pg_database_size(current_database()) > %s FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend'"
)

_DELETES = ", ".join(f"of_{name} AS (DELETE FROM {name})" for name in metadata.tables)  # noqa: S608 - names of ours
EMPTY = f"WITH {_DELETES} SELECT setval('configs_id_seq', 1, false)"
"""Leaves no row; ids begin anew. TRUNCATE makes new files for each table, which takes thirty times as long (measured)."""


@define
class SpareDatabases:
    """Empty databases beside `base_url`, copies of `template`."""

    base_url: str
    template: str
    _spare: list[str] = field(factory=list)
    _fingerprint: str = ""

    def take(self) -> str:
        """Return the URL of a database that no other test uses."""
        if self._spare:
            return self._spare.pop()
        url = create_database(self.base_url, f"iotconfig_{uuid.uuid4().hex}", self.template)
        if not self._fingerprint:
            with psycopg.connect(url, autocommit=True) as connection:
                self._fingerprint = _fingerprint(connection)
        return url

    def give_back(self, url: str) -> None:
        """Empty the database for the next test; drop it if more than its rows may differ, or a client is connected."""
        if self._is_emptied(url):
            self._spare.append(url)
        else:
            drop_database(self.base_url, url.rpartition("/")[2])

    def drop_all(self) -> None:
        """Drop all of them."""
        while self._spare:
            drop_database(self.base_url, self._spare.pop().rpartition("/")[2])

    def _is_emptied(self, url: str) -> bool:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                in_use = connection.execute(_IN_USE, [_MOST_BYTES]).fetchone()
                if in_use != (False,) or self._fingerprint != _fingerprint(connection):
                    return False
                connection.execute(EMPTY.encode())
        except psycopg.Error:
            return False
        return True


def _fingerprint(connection: psycopg.Connection) -> str:
    row = connection.execute(_FINGERPRINT.encode()).fetchone()
    assert row is not None
    return str(row[0])
