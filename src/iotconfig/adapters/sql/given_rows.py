"""Rows that a statement of text gets as one parameter, however many they are."""

from __future__ import annotations

from collections.abc import Mapping


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
