"""What is written differently for PostgreSQL and SQLite, made for the one in use."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


class ByDialect(dict[str, T]):
    """A value for each dialect, by its name. Each is made when it is first asked for.

    make: gets the name of the dialect: `postgresql` or `sqlite`.
    """

    def __init__(self, make: Callable[[str], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, dialect: str) -> T:
        made = self[dialect] = self._make(dialect)
        return made


def insert_into(dialect: str, table: Any) -> Any:
    """An INSERT that may have ON CONFLICT: standard SQL has none, and SQLAlchemy a class for each dialect.

    Loads no dialect but this one: PostgreSQL's takes a tenth of the time of a command on SQLite.
    """
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
