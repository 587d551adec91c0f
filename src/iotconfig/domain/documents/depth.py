"""The nesting depth of a JSON text, checked without recursion before it is parsed."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate
from json import JSONDecodeError, loads
from typing import Final

from attrs import define, field

from iotconfig.domain.errors import InvalidDocument

from .pointer import pointer

# A string that is never closed goes on to the end: to look for its end again behind each
# escaped quote would take quadratic time.
_STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
_STRINGS: Final = re.compile(_STRING.encode(), re.DOTALL)
_MARKS: Final = re.compile(_STRING + r"|[\[\]{},:]", re.DOTALL)

# Each opening bracket becomes +1, each closing one -1 (as signed bytes), all else goes.
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[{]}"))


def check_depth(text: str, max_depth: int) -> None:
    """Raise `InvalidDocument`, with its pointer, where arrays and objects nest deeper than `max_depth`.

    The text need not be JSON; whether it is, is for its parser to say.
    """
    if text.count("{") + text.count("[") <= max_depth:
        return
    steps = _STRINGS.sub(b"", text.encode()).translate(_STEPS, _NO_BRACKETS)
    if max(accumulate(array("b", steps)), default=0) > max_depth:
        place = _place_beyond(text, max_depth)
        raise InvalidDocument(f"nested deeper than {max_depth} levels", pointer=pointer(place))


def _place_beyond(text: str, max_depth: int) -> list[str | int]:
    """Return the pointer of the first container beyond `max_depth`. Slow: for refusals only."""
    place = _Place()
    for match in _MARKS.finditer(text):
        place.pass_by(match[0])
        if len(place.path) > max_depth:
            break
    return place.path[:-1]


@define
class _Place:
    """The state of a scan: one step for each open container, and the last string."""

    path: list[str | int] = field(factory=list)
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


def _unquoted(string: str) -> str:
    try:
        return str(loads(string))
    except JSONDecodeError:
        return string[1:-1]
