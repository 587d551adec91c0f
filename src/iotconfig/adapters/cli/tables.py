"""Tables, times and values as text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from iotconfig.domain.text import harmless

_GAP: Final = "  "
_CUT: Final = "…"
_LEAST: Final = 8
"""The least width of a column of free text, on however narrow a terminal."""


@frozen
class Column:
    """A column of a table, and what becomes of it on a narrow terminal."""

    header: str
    rank: int = 0
    """0: always shown. Of the others, the column with the highest rank is left out first."""
    text: int = 0
    """0: its cells are shown whole. For free text, the width that is kept for it by leaving out columns."""


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], width: int | None = None) -> str:
    """Columns under headers. Invisible characters are shown as escapes.

    width: of the terminal, in character cells. Columns are left out, and named in the last line, until the
        others fit; free text that is still too long is cut, with an ellipsis. None: everything is shown.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    natural = [
        max(map(_width, (column.header, *(row[number] for row in cells))))
        for number, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    if width is not None:
        least = [min(size, column.text or size) for size, column in zip(natural, columns, strict=True)]
        while _total(least, shown) > width and any(columns[number].rank for number in shown):
            shown.remove(max(shown, key=lambda number: columns[number].rank))
        natural = _fitted(columns, natural, shown, width)
    lines = [[column.header for column in columns], ["-" * size for size in natural], *cells]
    text = "\n".join(
        _GAP.join(_cell(line[number], natural[number]) for number in shown).rstrip() for line in lines
    )
    left_out = [column.header for number, column in enumerate(columns) if number not in shown]
    if left_out:
        text += f"\n\nNo room for {', '.join(left_out)}: --json prints everything."
    return text


def _total(sizes: Sequence[int], shown: Sequence[int]) -> int:
    return sum(sizes[number] for number in shown) + len(_GAP) * (len(shown) - 1)


def _fitted(columns: Sequence[Column], natural: Sequence[int], shown: Sequence[int], width: int) -> list[int]:
    """The widths of columns, with free text cut to the room beside the other columns."""
    sizes = list(natural)
    texts = sorted((number for number in shown if columns[number].text), key=lambda number: natural[number])
    room = width - _total(natural, shown) + sum(natural[number] for number in texts)
    for count, number in zip(range(len(texts), 0, -1), texts, strict=True):
        # The shortest first: what a column does not need is left for the longer ones.
        sizes[number] = min(natural[number], max(room // count, _LEAST))
        room -= sizes[number]
    return sizes


def _cell(text: str, size: int) -> str:
    """The text in `size` character cells: padded, or cut."""
    width = _width(text)
    if width > size:
        while width > size - 1:
            width -= _width(text[-1])
            text = text[:-1]
        text += _CUT
        width += 1
    return text + " " * (size - width)


def _width(text: str) -> int:
    """The number of character cells that a terminal needs for a text (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def moment(time: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{time:%Y-%m-%d %H:%M:%SZ}"


def printable(cell: object) -> str:
    """A value as text: - for None, yes or no for a flag, invisible characters as escapes."""
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return harmless(str(cell))
