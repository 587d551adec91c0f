"""Counts with their nouns, and short lists, for output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LISTED: Final = 5


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 config`, `2 configs`; `plural`: if it is not the noun with an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """`a, b, c, d, e and 7 more`."""
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
