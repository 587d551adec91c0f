"""The place of a position in a JSON text, as a JSON Pointer. Slow: for refusals only."""

from __future__ import annotations

import re
from json import JSONDecodeError, loads
from typing import Final

from attrs import define, field

from .pointer import pointer

# A string that is never closed goes on to the end: to look for its end again behind each
# escaped quote would take quadratic time.
STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
"""The regular expression of a string in a text that need not be JSON."""

MARKS: Final = re.compile(STRING + r"|[\[\]{},:]", re.DOTALL)
"""Finds what `Place.pass_by` takes."""


@define
class Place:
    """The state of a scan: one step for each open container, and the last string."""

    path: list[str | int] = field(factory=list)
    """The steps to the present place: names of members and indexes. That of an object without a member yet is empty."""
    _string: str = ""

    def pass_by(self, mark: str) -> None:
        """Process a bracket, a comma, a colon or a string."""
        if mark == "{":
            self.path.append("")
        elif mark == "[":
            self.path.append(0)
        elif mark[0] == '"':
            self._string = mark
        elif self.path:
            self._go_on(mark)

    def _go_on(self, mark: str) -> None:
        step = self.path.pop()
        if mark == "," and isinstance(step, int):
            self.path.append(step + 1)
        elif mark == ":" and isinstance(step, str):
            self.path.append(_unquoted(self._string))
        elif mark in ",:":
            self.path.append(step)


def pointer_to_object(text: str, position: int) -> str:
    """Return the pointer of the innermost object around `position`, in a text that was checked before."""
    place = Place()
    for match in MARKS.finditer(text, 0, position):
        place.pass_by(match[0])
    return pointer(place.path[:-1])


def _unquoted(string: str) -> str:
    try:
        return str(loads(string))
    except JSONDecodeError:
        return string[1:-1]
