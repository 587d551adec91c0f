"""The value of a JSON text, with numbers as they are written."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from json import JSONDecoder
from typing import Final, TypeAlias

from attrs import frozen

Path: TypeAlias = tuple[str, ...]
"""The names of members that lead to a value."""


@frozen
class Digits:
    """A number as it is written: `1.10` is not `1.1`."""

    text: str


_AS_WRITTEN: Final = JSONDecoder(parse_float=Digits, parse_int=Digits)


def written_value(text: str) -> object:
    """Decode a text that was checked before, with `Digits` in place of numbers.

    Two such values are equal if they differ in the order of members and in the spelling of strings at most.
    """
    return _AS_WRITTEN.decode(text)


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, Hashable]]:
    """The values in an object that are no objects, and objects without members, with their paths.

    Arrays are values as a whole. Recursion is bounded, since the depth was checked.
    """
    if isinstance(value, dict) and (value or not path):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    else:
        yield path, _comparable(value)


def _comparable(value: object) -> Hashable:
    """A value that is equal to another one's if the two are equal, and that a dict can have as its key."""
    if isinstance(value, dict):
        return dict, frozenset((name, _comparable(each)) for name, each in value.items())
    if isinstance(value, list):
        return list, tuple(map(_comparable, value))
    return type(value), value
