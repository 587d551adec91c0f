"""Everything that a database holds, to be compared."""

from __future__ import annotations

from iotconfig.adapters.sql.tables import metadata

from .schema import rows


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all our tables, in an order of their own."""
    return {name: sorted(rows(url, f"SELECT * FROM {name}"), key=repr) for name in sorted(metadata.tables)}  # noqa: S608 - names of ours
