"""Rows that a statement gets as one parameter, however many they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, ColumnElement, FromClause, Text, bindparam, cast, column, func
from sqlalchemy.types import TypeEngine


def given_rows(columns: Mapping[str, str]) -> Mapping[str, str]:
    """The objects of the JSON array in the parameter `rows` as a relation `given`, by the name of the dialect.

    columns: PostgreSQL's types by the names of the columns.
    """
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    extracted = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return {
        "postgresql": f"json_to_recordset(CAST(:rows AS json)) AS given({typed})",
        "sqlite": f"(SELECT {extracted} FROM json_each(:rows)) AS given",  # noqa: S608 - names of ours
    }


def given_relation(
    dialect: str, name: str, columns: Mapping[str, TypeEngine[Any]]
) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """The objects of a JSON array, the parameter `name`, as rows of a statement of SQLAlchemy."""
    given = bindparam(name, type_=Text())
    if dialect == "sqlite":
        rows = func.json_each(given).table_valued("value", name=name)
        return rows, {
            each: func.json_extract(rows.c.value, f"$.{each}", type_=kind) for each, kind in columns.items()
        }
    rows = (
        func.json_to_recordset(cast(given, JSON))
        .table_valued(*(column(each, kind) for each, kind in columns.items()), name=name)
        .render_derived(with_types=True)
    )
    return rows, dict(rows.c.items())
