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
_INDENT: Final = "    "
_NOTHING: Final = "-"
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
    is_below: bool = False
    """On a terminal on which not all columns fit whole, its cells stand below their rows, where there is something to show.

    With a rank, they stand there, with the header, when the column would be left out.
    """


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], width: int | None = None) -> str:
    """Columns under headers. Invisible characters are shown as escapes.

    width: of the terminal, in character cells. Where the columns do not fit, cells move below their rows, and
        columns are left out, and named in the last line, until the others fit; free text that is still too long is
        cut, with an ellipsis. None: everything is shown.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    natural = [
        max(map(_width, (column.header, *(row[number] for row in cells))))
        for number, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    below: list[int] = []
    if width is not None:
        is_crowded = _total(natural, shown) > width
        below = [
            number
            for number in shown
            if columns[number].is_below
            and not columns[number].rank
            and (is_crowded or all(row[number] == _NOTHING for row in cells))
        ]
        shown = [number for number in shown if number not in below]
        least = [min(size, column.text or size) for size, column in zip(natural, columns, strict=True)]
        while _total(least, shown) > width and any(columns[number].rank for number in shown):
            removed = max(shown, key=lambda number: columns[number].rank)
            shown.remove(removed)
            if columns[removed].is_below:
                below.append(removed)
        natural = _fitted(columns, natural, shown, width)
    lines = [
        _line([column.header for column in columns], natural, shown),
        _line(_rules(natural), natural, shown),
    ]
    for row in cells:
        lines.append(_line(row, natural, shown))
        lines += (
            _below(_labelled(columns[number], row[number]), width)
            for number in sorted(below)
            if row[number] != _NOTHING
        )
    left_out = [column.header for number, column in enumerate(columns) if number not in (*shown, *below)]
    if left_out:
        lines += ("", f"No room for {', '.join(left_out)}: --json prints everything.")
    return "\n".join(lines)


def _rules(sizes: Sequence[int]) -> Sequence[str]:
    return ["-" * size for size in sizes]


def _line(cells: Sequence[str], sizes: Sequence[int], shown: Sequence[int]) -> str:
    return _GAP.join(_cell(cells[number], sizes[number]) for number in shown).rstrip()


def _labelled(column: Column, cell: str) -> str:
    return f"{column.header.lower()} {cell}" if column.rank else cell


def _below(cell: str, width: int | None) -> str:
    """A cell below its row, in one line."""
    text = f"{_INDENT}{cell}"
    return text if width is None else _cell(text, min(width, _width(text)))


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
        return _NOTHING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return harmless(str(cell))
