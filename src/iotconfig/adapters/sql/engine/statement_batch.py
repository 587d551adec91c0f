"""Several writes in one statement: on PostgreSQL, a round trip costs more than a statement.

A change writes to five tables. When there were four, an update took 1,050 µs of a worker's
processor time with one statement for each, and 740 µs with one for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update, literal_column, select

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

Write = Insert | Update | Delete

_NOTHING: Final[Select[Any]] = select(literal_column("1"))


def execute_together(
    connection: Connection,
    statements: tuple[Write, ...],
    values: Mapping[str, object],
    last: Select[Any] = _NOTHING,
) -> None:
    """Execute statements that insert, update or delete, and whose results are not needed.

    On PostgreSQL they become the parts of one statement. The server chooses the order of the parts,
    so the parts must write to different rows, and no part sees the rows of another.

    statements: always the same object, because its compiled form is cached.
    values: the parameters of all statements; one name has one value.
    last: a query to execute with them, on PostgreSQL.
    """
    if connection.dialect.name != "postgresql":
        for statement in statements:
            connection.execute(statement, values)
        return
    text, constants = _joined(statements, last, connection.dialect)
    # By psycopg's own cursor: SQLAlchemy's way around it takes about 100 µs more.
    driver = cast("psycopg.Connection[TupleRow]", connection.connection.driver_connection)
    driver.execute(text, {**constants, **values})


@lru_cache
def _joined(
    statements: tuple[Write, ...], last: Select[Any], dialect: Dialect
) -> tuple[str, dict[str, object]]:
    """One statement made of several, and the values that it brings."""
    parts = (statement.cte(f"w{number}") for number, statement in enumerate(statements))
    compiled = last.add_cte(*parts).compile(dialect=dialect)
    return compiled.string, dict(compiled.params)
