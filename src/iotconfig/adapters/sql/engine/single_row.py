"""One row of a query, past SQLAlchemy's execution, which takes longer than the database.

Each update locks a counter and reads a config. Through SQLAlchemy, these two took a quarter of the
processor time of an update.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen
from sqlalchemy import Connection, Dialect, Select

if TYPE_CHECKING:
    import sqlite3

    import psycopg
    from psycopg.rows import TupleRow


@frozen
class _Query:
    """A query as the driver takes it."""

    text: str
    names: tuple[str, ...]
    """Of its parameters, in their order, where the driver takes them by position."""
    row: Callable[..., Any]
    """Makes a row of its columns."""
    decoders: tuple[tuple[int, Callable[[Any], Any]], ...]
    """By the position of a column. The driver returns the others as they are."""


def fetch_row(connection: Connection, query: Select[Any], values: Mapping[str, object]) -> Any:
    """Return the first row of a query, or None; the names of its columns are the attributes of the row.

    query: always the same object, because its compiled form is cached; it has no constants.
    values: its parameters.
    """
    prepared = _prepared(query, connection.dialect)
    driver = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        found = cast("psycopg.Connection[TupleRow]", driver).execute(prepared.text, values).fetchone()
    else:
        given = [values[name] for name in prepared.names]
        found = cast("sqlite3.Connection", driver).execute(prepared.text, given).fetchone()
    if found is None:
        return None
    columns = list(found)
    for position, decode in prepared.decoders:
        columns[position] = decode(columns[position])
    return prepared.row(*columns)


@lru_cache
def _prepared(query: Select[Any], dialect: Dialect) -> _Query:
    compiled = query.compile(dialect=dialect)
    columns = query.selected_columns
    decoders = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    return _Query(
        compiled.string,
        tuple(compiled.positiontup or ()),
        namedtuple("Row", [column.name for column in columns]),  # noqa: PYI024 - the names are those of the query
        tuple((position, decode) for position, decode in enumerate(decoders) if decode),
    )
