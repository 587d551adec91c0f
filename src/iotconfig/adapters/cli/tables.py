"""Tables, times and values as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from iotconfig.domain.text import harmless


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns under headers. Control characters are shown as escapes."""
    from tabulate import tabulate

    cells = [[printable(cell) for cell in row] for row in rows]
    return tabulate(cells, headers=headers, tablefmt="simple", disable_numparse=True)


def moment(time: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{time:%Y-%m-%d %H:%M:%SZ}"


def printable(cell: object) -> str:
    """A value as text: - for None, yes or no for a flag, control characters as escapes."""
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return harmless(str(cell))
