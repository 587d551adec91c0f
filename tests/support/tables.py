"""Everything that a database holds, to be compared."""

from __future__ import annotations

from iotconfig.adapters.sql.tables import metadata

from .schema import connected


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all our tables, in an order of their own."""
    with connected(url) as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for name, table in sorted(metadata.tables.items())
        }
