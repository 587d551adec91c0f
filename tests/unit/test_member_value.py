"""Conditions on the value of a member."""

from __future__ import annotations

import pytest

from iotconfig.domain.documents.member_value import MemberValue, has_values
from iotconfig.domain.documents.pointer import path_of, pointer
from iotconfig.domain.errors import InvalidDocument, ValidationFailed

DOCUMENT = r"""{
    "gain": 1.10, "on": true, "zero": 0, "none": null, "text": "1", "\u00e9": "\/", "": {"": 5},
    "large": 12345678901234567890, "tiny": 1e-99999999999999999999,
    "mqtt": {"host": "a", "port": 1883}, "pins": [4, [5, 6], {"a": 1}], "a/b": {"m~n": 8}
}"""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("/gain", "1.1"),
        ("/gain", "11e-1"),
        ("/on", "true"),
        ("/zero", "-0.0"),
        ("/none", "null"),
        ("/text", '"\\u0031"'),
        ("/\u00e9", '"/"'),
        ("//", "5"),
        ("/large", "12345678901234567890"),
        ("/tiny", "0"),
        ("/mqtt/host", ' "a" '),
        ("/mqtt", '{"port": 1883.0, "host": "a"}'),
        ("/pins/0", "4"),
        ("/pins/1/1", "6"),
        ("/pins/2/a", "1"),
        ("/pins", '[4, [5, 6], {"a": 1}]'),
        ("/a~1b/m~0n", "8"),
    ],
)
def test_a_value_is_found(place: str, value: str) -> None:
    """As RFC 6902 compares: numbers by value, objects without order."""
    assert has_values(DOCUMENT, [MemberValue(place, value)])
    assert place == pointer(path_of(place))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("/gain", '"1.10"'),
        ("/on", "1"),
        ("/zero", "false"),
        ("/zero", "null"),
        ("/none", "false"),
        ("/absent", "null"),
        ("/text", "1"),
        ("/large", "12345678901234567891"),
        ("/mqtt", '{"host": "a"}'),
        ("/mqtt", "[]"),
        ("/mqtt/host/a", '"a"'),
        ("/pins", '[[5, 6], 4, {"a": 1}]'),
        ("/pins", "[4, [5, 6]]"),
        ("/pins/00", "4"),
        ("/pins/-", "4"),
        ("/pins/3", "null"),
        ("/pins/99999999999999999999", "4"),
        ("/pins/\u0660", "4"),
    ],
)
def test_another_value_does_not_match(place: str, value: str) -> None:
    """Other types, other digits, absent members, and members that are no indexes of an array."""
    assert not has_values(DOCUMENT, [MemberValue(place, value)])


def test_all_values_must_be_there() -> None:
    """Several conditions are one."""
    gain, text = MemberValue("/gain", "1.1"), MemberValue("/text", '"1"')
    assert has_values(DOCUMENT, [gain, text])
    assert not has_values(DOCUMENT, [gain, text, MemberValue("/text", "1")])


@pytest.mark.parametrize("place", ["", "gain", "mqtt/host", "/a~b", "/a~2", "/~"])
def test_an_invalid_pointer_is_refused(place: str) -> None:
    """The pointer to the whole document is refused too: it names no member."""
    with pytest.raises(ValidationFailed, match="JSON Pointer"):
        MemberValue(place, "1")


@pytest.mark.parametrize(
    "value", ["", "porch", "{", "NaN", "1e999", '{"a": 1, "a": 2}', '"\\ud800"', "[" * 65 + "]" * 65]
)
def test_an_invalid_value_is_refused(value: str) -> None:
    """A value follows the rules of content."""
    with pytest.raises(InvalidDocument):
        MemberValue("/a", value)
