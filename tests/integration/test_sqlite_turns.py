"""Long SQLite statements yield turns to the worker's other requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts

COUNT = 100_000
LONG = text(
    f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {COUNT}) SELECT count(*) FROM n"  # noqa: S608 - a number of ours
)
WAYS = ("reading", "writing", "snapshot")


class Cut(BaseException):
    """An exception that ends a greenlet."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "turns.db"
    path.touch()
    return path


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[[Callable[[], None]], Database]]:
    databases: list[Database] = []

    def open_with(yield_turn: Callable[[], None]) -> Database:
        databases.append(SqliteDatabase(path, Timeouts(), yield_turn))
        return databases[-1]

    yield open_with
    for database in databases:
        database.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_long_statement_yields_turns(opened: Callable[..., Database], way: str) -> None:
    """This holds for reads and writes; other uses of the database meanwhile do not matter."""
    turns: list[object] = []

    def read_something_else() -> None:
        with database.reading() as connection:
            turns.append(connection.execute(text("SELECT 1")).scalar_one())

    database = opened(read_something_else)

    with getattr(database, way)() as connection:
        assert COUNT == connection.execute(LONG).scalar_one()

    assert {1} == set(turns)


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_in_a_turn_ends_the_statement(opened: Callable[..., Database], way: str) -> None:
    """A time-out or an exit is raised unchanged, and the connection stays usable."""
    pending: list[BaseException] = [Cut()]

    def cut_once() -> None:
        if pending:
            raise pending.pop()

    database = opened(cut_once)

    with pytest.raises(Cut), getattr(database, way)() as connection:
        connection.execute(LONG)

    with getattr(database, way)() as connection:
        assert COUNT == connection.execute(LONG).scalar_one()
