"""The members of a JSON object: their values and their exact positions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from iotconfig.domain.documents.json_members import Member, members
from iotconfig.domain.errors import InvalidDocument
from tests.support.json_texts import objects


def test_positions_of_members() -> None:
    """Positions count characters of the whole text; the text of a value has no surrounding space."""
    text = ' {"é" :\t[1, 2] ,\n"b":{}} '

    assert [
        Member("é", [1.0, 2.0], "[1, 2]", begin=2, value_begin=8, value_end=14, mark=15),
        Member("b", {}, "{}", begin=17, value_begin=21, value_end=23, mark=23),
    ] == members(text, 64)


@pytest.mark.parametrize("text", ["{}", " { } ", "{\n}\n"])
def test_an_empty_object_has_no_members(text: str) -> None:
    """White space is not a member."""
    assert [] == members(text, 64)


@settings(max_examples=120)
@given(text=objects())
def test_members_and_separators_cover_the_text(text: str) -> None:
    """The members equal those of Python's decoder; only commas and white space stand between them."""
    found = members(text, 64)
    rest = text
    for member in reversed(found):
        assert json.loads(text[member.begin : member.value_begin].rstrip(" \t\r\n")[:-1]) == member.name
        assert text[member.value_begin : member.value_end] == member.text
        assert json.loads(member.text) == json.loads(text)[member.name]
        rest = rest[: member.begin] + rest[member.value_end :]

    assert list(json.loads(text)) == [member.name for member in found]
    assert "{" + "," * max(len(found) - 1, 0) + "}" == "".join(rest.split())
    assert [] == [m for m in found if text[m.mark] != ("}" if m is found[-1] else ",")]


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        pytest.param("[]", {"pointer": ""}, "expected a JSON object, found an array", id="array"),
        pytest.param("null", {"pointer": ""}, "found null", id="null"),
        pytest.param("", {"line": 1, "column": 1}, "not JSON", id="nothing"),
        pytest.param('{"a":1', {"line": 1, "column": 7}, "not JSON", id="not closed"),
        pytest.param('{"a":1,}', {"line": 1}, "not JSON", id="comma before the end"),
        pytest.param('{"a":1}}', {"line": 1, "column": 8}, "not JSON", id="something behind"),
        pytest.param('{"a" 1}', {"line": 1, "column": 6}, "not JSON", id="no colon"),
        pytest.param("{a:1}", {"line": 1, "column": 2}, "not JSON", id="no quotes"),
        pytest.param("\ufeff{}", {"line": 1, "column": 1}, "byte order mark", id="BOM"),
        pytest.param('{"a":1,"a":2}', {"pointer": "/a"}, "has this member name twice", id="duplicate"),
        pytest.param(
            '{"a":1,"\\u0061":2}', {"pointer": "/a"}, "has this member name twice", id="duplicate, escaped"
        ),
        pytest.param(
            '{"b":{"a":1,"a":2}}', {"pointer": "/b/a"}, "has this member name twice", id="duplicate, nested"
        ),
        pytest.param('{"a":1e999}', {"pointer": "/a"}, "beyond the range", id="number"),
        pytest.param('{"a":NaN}', {"pointer": "/a"}, "NaN", id="NaN"),
        pytest.param('{"a":"\\ud800"}', {"pointer": "/a"}, "surrogate", id="surrogate"),
        pytest.param('{"a":"\\u0000"}', {"pointer": "/a"}, "u0000", id="NUL"),
        pytest.param('{"\\u0000":1}', {}, "in a member's name", id="NUL in a name"),
        pytest.param('{"a":[[1]]}', {"pointer": "/a/0"}, "deeper than 2", id="depth"),
        pytest.param('{"a":\u00a01}', {"line": 1, "column": 6}, "not JSON", id="a no-break space"),
    ],
)
def test_invalid_objects_are_refused_with_their_position(
    text: str, place: dict[str, object], rule: str
) -> None:
    """The fast parser refuses what the strict decoder refuses, with the same message."""
    with pytest.raises(InvalidDocument, match=rule) as refusal:
        members(text, 2)

    assert place == {name: refusal.value.place[name] for name in place}


def test_unknown_names_are_refused_at_the_first() -> None:
    """The refusal lists the known names and points at the first unknown one."""
    with pytest.raises(InvalidDocument, match="expected mac_address and content") as refusal:
        members('{"content":{},"x":1,"y":2}', 64, ("mac_address", "content"))

    assert {"pointer": "/x"} == refusal.value.place


@pytest.mark.parametrize("size", [100_000])
def test_a_member_that_is_never_closed_is_refused_in_one_pass(size: int) -> None:
    """A long broken text takes linear time; the test's time-out would show otherwise."""
    with pytest.raises(InvalidDocument):
        members('{"a":"' + '\\"' * size, 64)
