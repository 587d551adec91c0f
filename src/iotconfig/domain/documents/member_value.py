"""Conditions on content: the value that a member must have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from json import JSONDecoder
from typing import Final

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind

from . import strict_json
from .content import MAX_DEPTH
from .pointer import path_of

_INDEX: Final = re.compile("0|[1-9][0-9]{0,8}")


def _number(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        # Content has no number beyond a double, so this is one with an exponent below -10^18.
        return Decimal(0)


_EXACT: Final = JSONDecoder(parse_float=_number, parse_int=_number)
"""Decodes JSON that was checked before. Floats would make large numbers equal that differ in the last digits."""


@frozen
class MemberValue:
    """The condition that content has a value at a place.

    Compared as the operation "test" of RFC 6902 does: numbers by their value, so `1.0` is `1`; objects
    without the order of their members; arrays with their order. `"1"` is not `1`, and null is no absent member.

    Raises `ValidationFailed` for what is no JSON Pointer, `InvalidDocument` for a value that is no JSON.
    """

    pointer: str
    """The place, as a JSON Pointer (RFC 6901) such as `/mqtt/host`; elements of arrays have their index."""
    value: str
    """The value, as JSON text: the string `porch` is `"porch"`."""
    _path: tuple[str, ...] = field(init=False, eq=False, repr=False)
    _decoded: object = field(init=False, eq=False, repr=False)

    @_path.default
    def _make_path(self) -> tuple[str, ...]:
        check_kind(self.pointer, str, "The pointer of a MemberValue is a str")
        return path_of(self.pointer)

    @_decoded.default
    def _make_decoded(self) -> object:
        check_kind(self.value, str, "The value of a MemberValue is a str")
        strict_json.decode(self.value, MAX_DEPTH)
        return _EXACT.decode(self.value)

    def is_in(self, document: object) -> bool:
        """Whether a decoded document has the value."""
        part = document
        for step in self._path:
            if isinstance(part, dict) and step in part:
                part = part[step]
            elif isinstance(part, list) and _INDEX.fullmatch(step) and int(step) < len(part):
                part = part[int(step)]
            else:
                return False
        return _is_same(part, self._decoded)


def has_values(text: str, values: Iterable[MemberValue]) -> bool:
    """Whether content with this text has all of the values. It takes a pass over the text."""
    document = _EXACT.decode(text)
    return all(value.is_in(document) for value in values)


def _is_same(one: object, other: object) -> bool:
    """Compare decoded values; recursion is bounded, since their depth was checked."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    # In Python, True is equal to 1.
    return type(one) is type(other) and one == other
