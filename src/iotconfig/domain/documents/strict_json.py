"""Strict reading of JSON text that keeps its exact characters.

The standard library's decoder accepts `NaN`, duplicate names, lone surrogates
and numbers beyond a double, and recurses as deeply as its input asks. Here one
fast pass refuses all of these; only when it does is the text read once more,
to say where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from math import isinf
from typing import Final, NoReturn

from attrs import frozen

from iotconfig.domain.errors import InvalidDocument

from .depth import check_depth
from .pointer import pointer

_KINDS: Final = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}

_BOM: Final = "\ufeff"
_SPACE: Final = re.compile(r"[ \t\n\r]*")


def kind(value: object) -> str:
    """Return the JSON name of a decoded value's type, such as `an object` or `a number`."""
    return _KINDS.get(type(value), "a number")


def decode_utf8(data: bytes) -> str:
    """`data` as text. Raises `InvalidDocument`, with line and column, where it is no UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        # The text before the error is UTF-8, so columns count characters.
        raise InvalidDocument("the text is not UTF-8", **_end_of(data[: error.start].decode())) from None


def decode(text: str, max_depth: int) -> object:
    """Return the value of a whole JSON text.

    All numbers, integers included, are returned as floats; callers that need their
    digits have the text. `max_depth` counts nested arrays and objects, the
    outermost being 1.

    Raises `InvalidDocument`, with its place, for a byte order mark, text that is
    not JSON, a duplicate member name, a number beyond an IEEE 754 double (`NaN`
    and `Infinity` included), a lone surrogate, U+0000, or deeper nesting.
    """
    check_characters(text)
    check_depth(text, max_depth)
    try:
        value = _decode_whole(text, STRICT)
        if "\\u" in text:
            check_escaped_strings(value)
    except RuleBroken:
        _refuse_with_place(text)
    except JSONDecodeError as error:
        raise _not_json(error) from None
    return value


class RuleBroken(Exception):
    """The decoder accepted JSON that the rules of content refuse."""


def _number(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise RuleBroken
    return number


def _constant(_name: str) -> NoReturn:
    raise RuleBroken


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise RuleBroken
    return unique


STRICT: Final = JSONDecoder(
    object_pairs_hook=_object, parse_float=_number, parse_int=_number, parse_constant=_constant
)


def _decode_whole(text: str, decoder: JSONDecoder) -> object:
    value, end = decoder.raw_decode(text, _behind_space(text, 0))
    end = _behind_space(text, end)
    if end != len(text):
        raise JSONDecodeError("Extra data", text, end)
    return value


def _behind_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def check_characters(text: str) -> None:
    """Refuse a byte order mark, and characters that UTF-8 cannot encode."""
    if text.startswith(_BOM):
        raise InvalidDocument("a byte order mark is not allowed before the JSON text", line=1, column=1)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidDocument("a lone surrogate is not a character", **_end_of(text[: error.start])) from None


def check_escaped_strings(value: object) -> None:
    """Refuse characters that only an escape can produce: lone surrogates and U+0000."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            if _string_rule(current):
                raise RuleBroken
        elif isinstance(current, dict):
            pending.extend(current)
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)


def _string_rule(text: str) -> str | None:
    if "\0" in text:
        return r"the character \u0000 is not allowed"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a lone surrogate is not a character"
    return None


@frozen
class _Breach:
    """Marks a refused part in a decoded value; `name`: of a refused member."""

    rule: str
    name: str | None = None


def _refuse_with_place(text: str) -> NoReturn:
    """Read the text again with breaches marked in place, and name the first one met."""
    try:
        value = _decode_whole(text, _MARKING)
    except JSONDecodeError as error:
        raise _not_json(error) from None
    for path, rule in _breaches(value, []):
        raise InvalidDocument(rule, pointer=pointer(path))
    raise AssertionError("the marking pass accepts what the strict pass refused")


def _breaches(value: object, path: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    """Every breach in `value`, which stands at `path`; recursion is bounded, since the depth was checked."""
    if isinstance(value, _Breach):
        yield ([*path, value.name] if value.name is not None else path), value.rule
    elif isinstance(value, str):
        if rule := _string_rule(value):
            yield path, rule
    elif isinstance(value, list | dict):
        steps = enumerate(value) if isinstance(value, list) else value.items()
        for step, item in steps:
            path.append(step)
            if isinstance(step, str) and (rule := _string_rule(step)):
                yield path, f"in a member's name, {rule}"
            yield from _breaches(item, path)
            path.pop()


def _mark_number(digits: str) -> float | _Breach:
    number = float(digits)
    return _Breach("the number is beyond the range of an IEEE 754 double") if isinf(number) else number


def _mark_object(pairs: list[tuple[str, object]]) -> dict[str, object] | _Breach:
    seen: dict[str, object] = {}
    for name, value in pairs:
        if name in seen:
            return _Breach("the object has this member name twice", name)
        seen[name] = value
    return seen


_MARKING: Final = JSONDecoder(
    object_pairs_hook=_mark_object,
    parse_float=_mark_number,
    parse_int=_mark_number,
    parse_constant=lambda name: _Breach(f"{name} is not a JSON number"),
)


def _not_json(error: JSONDecodeError) -> InvalidDocument:
    reason = error.msg[0].lower() + error.msg[1:]
    return InvalidDocument(f"the text is not JSON ({reason})", line=error.lineno, column=error.colno)


def _end_of(before: str) -> dict[str, object]:
    """Return the line and column, from 1, of the character after `before`."""
    return {"line": before.count("\n") + 1, "column": len(before) - before.rfind("\n")}
