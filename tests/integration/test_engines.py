"""Engines of one process: one dialect, statements that are compiled once, and nothing sent that was not asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, literal, select

from iotconfig.adapters.sql.engine.postgresql import connect_once
from iotconfig.adapters.sql.engine.sqlite import connect
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations


@pytest.fixture
def new_engine(database_url: str) -> Callable[[], Engine]:
    """Makes engines on one database."""
    if database_url.startswith("sqlite"):
        return lambda: connect(Path(database_url.removeprefix("sqlite:///")), Timeouts())
    return lambda: connect_once(DatabaseUrl.parse(database_url).url, Timeouts())


def test_a_statement_is_compiled_once(new_engine: Callable[[], Engine]) -> None:
    """The second engine takes what was compiled for the first, with its own values."""
    found = []
    for value in (1, 2):
        engine = new_engine()
        with engine.connect() as connection:
            result = connection.execute(select(literal(value).label("number")))
            found.append((result.scalar_one(), result.context.cache_hit.name))
        engine.dispose()

    assert (1, (2, "CACHE_HIT")) == (found[0][0], found[1])


def test_a_new_connection_asks_the_server_nothing(new_engine: Callable[[], Engine]) -> None:
    """SQLAlchemy's engines ask for the version first, in four round trips to PostgreSQL."""
    engine = new_engine()
    with engine.connect() as connection:
        connection.execute(select(literal(1)))

        assert connection.dialect.server_version_info is None
    engine.dispose()


def test_listeners_do_not_add_up(new_engine: Callable[[], Engine]) -> None:
    """Errors of all engines of a kind have one listener."""
    dialects = {id(engine.dialect): engine.dialect for engine in (new_engine(), new_engine(), new_engine())}

    (dialect,) = dialects.values()
    assert 1 == len(list(dialect.dispatch.handle_error))


def test_the_check_of_a_schema_takes_two_statements(database_url: str) -> None:
    """One whether there is a version table, and one for the version; on SQLite, two begin the transaction before.

    Each command checks the schema, and each statement is a round trip to PostgreSQL.
    """
    sent: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    try:
        Migrations(DatabaseUrl.parse(database_url)).require_current()
    finally:
        event.remove(Engine, "before_cursor_execute", record)

    assert (4 if database_url.startswith("sqlite") else 2) == len(sent), sent
