"""The members of a JSON object, each with the exact place of its text."""

from __future__ import annotations

import re
from collections.abc import Collection
from json import JSONDecodeError
from typing import Final, NamedTuple

from .errors import InvalidDocument
from .json_depth import check_depth, pointer
from .json_text import STRICT, Refused, check_characters, check_escaped_strings, decode, kind

_OPENING: Final = re.compile(r"[ \t\n\r]*\{[ \t\n\r]*")
_QUOTE: Final = re.compile(r'[ \t\n\r]*(?=")')
# A name without escapes, which nearly all are: one match instead of three and a decoder.
_PLAIN_NAME: Final = re.compile(r'[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_COLON: Final = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_MARK: Final = re.compile(r"[ \t\n\r]*([,}])")
_REST: Final = re.compile(r"[ \t\n\r]*")


class Member(NamedTuple):
    """One member of an object; the numbers are positions in the object's text."""

    name: str
    value: object
    """Decoded as by `json_text.decode`."""
    text: str
    """The value's exact text."""
    begin: int
    """Where its name's quote is."""
    value_begin: int
    value_end: int
    mark: int
    """Where the comma, or the closing brace, behind it is."""


def members(text: str, max_depth: int, names: Collection[str] | None = None) -> list[Member]:
    """The members of a JSON text that is an object, in their order.

    Raises `InvalidDocument` as `json_text.decode` does, for any other kind of
    value, and at the first member that is not one of `names`, where they are given.
    """
    check_characters(text)
    check_depth(text, max_depth)
    try:
        found = _walk(text, names)
        if len({member.name for member in found}) == len(found):
            if "\\u" in text:
                check_escaped_strings({member.name: member.value for member in found})
            return found
    except (Refused, JSONDecodeError):
        pass
    # Whatever it was, reading the text as a whole says what, and where.
    value = decode(text, max_depth)
    raise InvalidDocument(f"expected a JSON object, found {kind(value)}", pointer="")


def _walk(text: str, names: Collection[str] | None) -> list[Member]:
    """Walk the outermost object of `text`, reading each value once. Raises where there is none."""
    found: list[Member] = []
    position = mark = _behind(_OPENING, text, 0)
    while text[mark : mark + 1] != "}":
        if plain := _PLAIN_NAME.match(text, position):
            name, begin, value_begin = plain[1], plain.start(1) - 1, plain.end()
        else:
            begin = _behind(_QUOTE, text, position)
            name, end = STRICT.raw_decode(text, begin)
            value_begin = _behind(_COLON, text, end)
        if names is not None and name not in names:
            known = " and ".join(names)
            raise InvalidDocument(f"unknown member; expected {known}", pointer=pointer([name]))
        value, value_end = STRICT.raw_decode(text, value_begin)
        mark = _behind(_MARK, text, value_end) - 1
        found.append(Member(name, value, text[value_begin:value_end], begin, value_begin, value_end, mark))
        position = mark + 1
    if _behind(_REST, text, mark + 1) != len(text):
        raise Refused
    return found


def _behind(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Behind what `pattern` matches, which comes next."""
    match = pattern.match(text, position)
    if match is None:
        raise Refused
    return match.end()
