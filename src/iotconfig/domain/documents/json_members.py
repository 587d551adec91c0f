"""The members of a JSON object, each with the exact position of its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from json import JSONDecodeError, JSONDecoder
from typing import Final, NamedTuple, Protocol

from iotconfig.domain.errors import InvalidDocument

from .depth import check_depth
from .pointer import pointer
from .strict_json import STRICT, RuleBroken, check_characters, check_escaped_strings, decode, kind

_OPENING: Final = re.compile(r"[ \t\n\r]*\{[ \t\n\r]*")
_QUOTE: Final = re.compile(r'[ \t\n\r]*(?=")')
# A name without escapes, which nearly all are: one match instead of three and a decoder.
_PLAIN_NAME: Final = re.compile(r'[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
# The same in a text that was checked before; and, where the value is no object, array or string with escapes, the rest
# of the member, too.
_CHECKED_NAME: Final = re.compile(
    r'[ \t\n\r]*"([^"\\]*)"[ \t\n\r]*:[ \t\n\r]*(?:("[^"\\]*"|[-\w.+]+)[ \t\n\r]*([,}]))?', re.ASCII
)
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
    """Position of the quote before its name."""
    value_begin: int
    value_end: int
    mark: int
    """Position of the comma or closing brace after it."""


class Span(NamedTuple):
    """The positions of one member in the whole text, and of its own members if it is an object."""

    begin: int
    """Position of the quote before its name."""
    value_begin: int
    value_end: int
    mark: int
    """Position of the comma or closing brace after it."""
    inner: dict[str, Span] | None
    """The members of the object that it is, by their names; None for any other value."""


class Nested(Protocol):
    """A member of an object, in a shape that `spans` follows: a `Span`, for one."""

    @property
    def inner(self) -> Mapping[str, Nested] | None:
        """The members of the object that it is, by their names; None for any other value."""
        ...


_PASSING: Final = JSONDecoder(parse_int=str, parse_float=str)


def spans(text: str, position: int = 0, like: Mapping[str, Nested] | None = None) -> dict[str, Span]:
    """Return the positions of an object's members in a text that was checked before; `position` is before its brace.

    Objects inside of objects are looked into, those inside of arrays are not: each
    character is read once. With `like`, only the objects that are objects there,
    too, are looked into.
    """
    found: dict[str, Span] = {}
    position = mark = _behind(_OPENING, text, position)
    while text[mark] != "}":
        if plain := _CHECKED_NAME.match(text, position):
            name, begin, value_begin = plain[1], plain.start(1) - 1, plain.end()
            if plain.lastindex == 3:
                value_begin, value_end = plain.span(2)
                mark = plain.end() - 1
                found[name] = Span(begin, value_begin, value_end, mark, None)
                position = mark + 1
                continue
        else:
            begin = _behind(_QUOTE, text, position)
            name, end = _PASSING.raw_decode(text, begin)
            value_begin = _behind(_COLON, text, end)
        inner = None
        # Without `like`, every object is looked into.
        alike = None if like is None else like.get(name)
        if text[value_begin] == "{" and (like is None or (alike is not None and alike.inner is not None)):
            inner = spans(text, value_begin, alike.inner if alike else None)
            value_end = _end_of(text, value_begin, inner)
        else:
            _, value_end = _PASSING.raw_decode(text, value_begin)
        mark = _behind(_MARK, text, value_end) - 1
        found[name] = Span(begin, value_begin, value_end, mark, inner)
        position = mark + 1
    return found


def _end_of(text: str, begin: int, inner: dict[str, Span]) -> int:
    """Return the position after the closing brace of the object that begins there."""
    return (next(reversed(inner.values())).mark if inner else text.index("}", begin)) + 1


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
    except (RuleBroken, JSONDecodeError):
        pass
    # Whatever it was, reading the text as a whole says what, and where.
    value = decode(text, max_depth)
    raise InvalidDocument(f"expected a JSON object, found {kind(value)}", pointer="")


def _walk(text: str, names: Collection[str] | None) -> list[Member]:
    """Walk the outermost object of `text`, reading each value once. Raises if there is none."""
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
            *others, last = names
            known = f"{', '.join(others)} and {last}" if others else last
            raise InvalidDocument(f"unknown member; expected {known}", pointer=pointer([name]))
        value, value_end = STRICT.raw_decode(text, value_begin)
        mark = _behind(_MARK, text, value_end) - 1
        found.append(Member(name, value, text[value_begin:value_end], begin, value_begin, value_end, mark))
        position = mark + 1
    if _behind(_REST, text, mark + 1) != len(text):
        raise RuleBroken
    return found


def _behind(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return the position after the next token, which must match `pattern`."""
    match = pattern.match(text, position)
    if match is None:
        raise RuleBroken
    return match.end()
