"""The whole content of a database, for comparisons."""

from __future__ import annotations

from iotconfig.adapters.sql.tables import metadata

from .schema import connected


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables, in a fixed order."""
    with connected(url) as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for name, table in sorted(metadata.tables.items())
        }
