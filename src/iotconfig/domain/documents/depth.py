"""The nesting depth of a JSON text, checked without recursion before it is parsed."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate
from typing import Final

from iotconfig.domain.errors import InvalidDocument

from .places import MARKS, STRING, Place
from .pointer import pointer

_STRINGS: Final = re.compile(STRING.encode(), re.DOTALL)

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
    place = Place()
    for match in MARKS.finditer(text):
        place.pass_by(match[0])
        if len(place.path) > max_depth:
            break
    return place.path[:-1]
