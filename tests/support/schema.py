"""Schemas: reading the schema of a database, and moving between migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, make_url, text

from iotconfig.adapters.sql.migration_scripts import scripts_directory

_POSTGRESQL_QUERIES = (
    # Columns, with what autogenerate does not compare: collation, identity, default.
    """SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length, is_nullable,
              column_default, collation_name, is_identity, identity_generation, identity_start, identity_maximum
       FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection for a test; its work is committed at the end of the block."""
    with _engine(url).begin() as connection:
        yield connection


@lru_cache(maxsize=8)
def _engine(url: str) -> Engine:
    """An engine without a pool, which asks a server for its properties only once."""
    return create_engine(
        make_url(url.replace("postgresql://", "postgresql+psycopg://", 1)), poolclass=NullPool
    )


def execute(url: str, *statements: str) -> None:
    """Run statements in one transaction."""
    with connected(url) as connection:
        for statement in statements:
            connection.execute(text(statement))


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with connected(url) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def snapshot(url: str) -> list[object]:
    """Return the whole schema of a database, in a form that can be compared.

    The lines of the SQL of a table on SQLite are sorted, because the order of constraints has no meaning. The
    table in which SQLite keeps the last ids is left out, because SQLite never drops it.
    """
    if not url.startswith("sqlite"):
        return [row for query in _POSTGRESQL_QUERIES for row in rows(url, query)]
    objects = rows(
        url,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name <> 'sqlite_sequence' ORDER BY 1, 2",
    )
    return [(*names, sorted(_lines(str(sql)))) for *names, sql in objects]


def _lines(sql: str) -> Iterator[str]:
    # SQLite quotes the name of a table that was renamed.
    return (line.strip().rstrip(",").strip() for line in sql.replace('"', "").splitlines())


def table_names(url: str) -> set[str]:
    """Return the tables of a database, without system tables."""
    query = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    return {str(name) for (name,) in rows(url, query)}


def migrate_up(url: str, revision: str) -> None:
    """Apply migrations up to one revision."""
    with connected(url) as connection:
        command.upgrade(_config(connection), revision)


def migrate_down(url: str, revision: str) -> None:
    """Undo migrations down to one revision; `base` is the one before the first."""
    with connected(url) as connection:
        command.downgrade(_config(connection), revision)


def described() -> list[tuple[str, str]]:
    """The revision and the title of each migration as Alembic reads them, the oldest first."""
    scripts = ScriptDirectory.from_config(_config(None)).walk_revisions()
    return [(script.revision, script.doc.rstrip(".")) for script in scripts][::-1]


def revisions() -> list[str]:
    """All migrations, the oldest first."""
    return [revision for revision, _ in described()]


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts_directory()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
