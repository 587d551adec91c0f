"""How deeply a JSON text is nested, found out without recursion and before anything parses it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from json import JSONDecodeError, loads
from typing import Final

from attrs import define, field

from .errors import InvalidDocument

# A string that is never closed goes on to the end: to look for its end again behind each
# escaped quote would take quadratic time.
_MARK: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},:]', re.DOTALL)


def check_depth(text: str, max_depth: int) -> None:
    """Raise `InvalidDocument`, with its pointer, where arrays and objects nest deeper than `max_depth`.

    The text need not be JSON; whether it is, is for its parser to say.
    """
    if text.count("{") + text.count("[") <= max_depth:
        return
    place = _Place()
    for match in _MARK.finditer(text):
        place.pass_by(match[0])
        if len(place.path) > max_depth:
            raise InvalidDocument(f"nested deeper than {max_depth} levels", pointer=pointer(place.path[:-1]))


def pointer(path: Sequence[str | int]) -> str:
    """A path of member names and indexes as a JSON Pointer (RFC 6901).

    A lone surrogate, which no answer could carry, is shown as its escape.
    """
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps).encode(errors="backslashreplace").decode()


@define
class _Place:
    """Where a scan is: one step for each container that is open, and the string met last."""

    path: list[str | int] = field(factory=list)
    _string: str = ""

    def pass_by(self, mark: str) -> None:
        """Go past a bracket, a comma, a colon or a string."""
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


def _unquoted(string: str) -> str:
    try:
        return str(loads(string))
    except JSONDecodeError:
        return string[1:-1]
