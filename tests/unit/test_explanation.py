"""Where the values of a composed document come from."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotconfig.domain.documents.composition import OWN, Source
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.explanation import Explained, Explanation
from iotconfig.domain.documents.pointer import path_of
from iotconfig.domain.errors import ContentTooLarge, ValidationFailed
from tests.support.json_texts import objects

FLEET = '{"wifi": {"ssid": "all", "psk": null}, "hours": [1, 2], "led": 1}'
FLOOR = '{"wifi": {"ssid": "floor"}, "hours": [3], "led": {"on": 1.10}, "zone": "3"}'
OWN_TEXT = '{"hours": null, "led": {"on": true, "dim": 2}, "none": {}, "wifi": {"no": null}}'


def explanation(*layers: str, own: str | None = None) -> Explanation:
    """Layers called a, b, c, of which the lowest reaches all devices."""
    sources = [
        Source(name, ConfigContent.parse(text), keeps_nulls=name == "a", revision=number)
        for number, (name, text) in enumerate(zip("abcdefgh", layers, strict=False), 1)
    ]
    return Explanation(sources, None if own is None else ConfigContent.parse(own), 7)


def lines(found: Any) -> list[str]:
    """Explained values in one line each."""
    return [_line(each) for each in found]


def _line(each: Explained) -> str:
    shadows = "; ".join(f"{s.pointer} {s.value} {s.source.name}" for s in each.shadows)
    return f"{each.pointer} {each.value} {each.source.name}" + (f" ({shadows})" if shadows else "")


def test_each_value_has_its_source_and_what_it_shadows() -> None:
    """In the order of the document; of arrays and empty objects, too."""
    found = explanation(FLEET, FLOOR, own=OWN_TEXT)

    assert [
        '/wifi/ssid "floor" b (/wifi/ssid "all" a)',
        "/wifi/psk null a",
        "/led/on true own content (/led/on 1.10 b; /led 1 a)",
        "/led/dim 2 own content (/led 1 a)",
        '/zone "3" b',
        "/none {} own content",
    ] == lines(found.members())  # fmt: skip


def test_removed_members_have_the_source_that_removes_them() -> None:
    """A null that removes nothing is a warning, and no removal."""
    found = explanation(FLEET, FLOOR, own=OWN_TEXT)

    assert ["/hours null own content (/hours [3] b; /hours [1, 2] a)"] == lines(found.removals())
    assert [("own content", "/wifi/no")] == [(each.source.name, each.pointer) for each in found.warnings]


def test_one_place() -> None:
    """A pointer to a value, to an object, to an element of an array, to what is not there."""
    found = explanation(FLEET, FLOOR, own=OWN_TEXT)

    assert ['/zone "3" b'] == lines(found.members("/zone"))
    assert ["/led/on", "/led/dim"] == [each.pointer for each in found.members("/led")]
    assert ["/hours [1, 2] a"] == lines(explanation(FLEET).members("/hours/1"))
    assert [] == lines(found.members("/zone/x")) + lines(found.members("/hours")) + lines(
        found.members("/no")
    )
    assert ["/hours"] == [each.pointer for each in found.removals("/hours")]
    assert [] == lines(found.removals("/zone"))
    with pytest.raises(ValidationFailed, match="not a JSON Pointer"):
        found.members("zone")


def test_revisions_are_those_of_the_sources() -> None:
    """Of layers, and of the own content."""
    found = explanation('{"a": 1}', '{"b": 1}', own='{"c": 1}')

    assert [1, 2, 7] == [each.source.revision for each in found.members()]


def test_removals_inside_of_objects() -> None:
    """The highest of several; none where the object is gone or the member came back."""
    layers = [
        '{"o": {"x": 1, "y": 1, "z": 1}, "p": {"x": 1}}',
        '{"o": {"x": null, "y": null}, "p": {"x": null}}',
    ]
    found = explanation(*layers, '{"o": {"x": 2, "y": null}, "p": 1}', own='{"o": {"x": null}}')

    assert ["/o/x null own content (/o/x 2 c; /o/x null b; /o/x 1 a)", "/o/y null b (/o/y 1 a)"] == sorted(
        lines(found.removals())
    )
    assert ["/o/y"] == [each.pointer for each in found.removals("/o/y")]


def test_a_null_of_an_object_that_was_replaced_is_no_removal() -> None:
    """The object that is served began after it."""
    found = explanation('{"o": {"x": 1}}', '{"o": {"x": null}}', '{"o": 1}', own='{"o": {"y": 1}}')

    assert [] == lines(found.removals())
    assert ["/o/y 1 own content (/o 1 c)"] == lines(found.members())


def test_nulls_of_own_content_that_no_layer_reaches_are_values() -> None:
    """As it is served."""
    found = explanation(own='{"a": null, "b": {"c": null}}')

    assert ["/a null own content", "/b/c null own content"] == lines(found.members())
    assert [] == lines(found.removals())


def test_an_object_that_became_empty_has_the_source_that_emptied_it() -> None:
    """It is written by none of them."""
    found = explanation('{"o": {"x": 1}}', own='{"o": {"x": null}}')

    assert ['/o {} own content (/o {"x": 1} a)'] == lines(found.members())


def test_the_order_is_that_of_the_document() -> None:
    """Of the source that all members come from."""
    found = explanation('{"a": 1, "b": 2}', own='{"b": 3, "a": 4}')

    assert '{"b": 3, "a": 4}' == found.content.text
    assert ["/b", "/a"] == [each.pointer for each in found.members()]


def test_names_are_escaped() -> None:
    """As JSON Pointer says."""
    found = explanation('{"a/b": {"~": 1, "": 2}, "__proto__": 3}')

    assert ["/a~1b/~0", "/a~1b/", "/__proto__"] == [each.pointer for each in found.members()]
    assert ["/a~1b/~0 1 a"] == lines(found.members("/a~1b/~0"))


def test_what_cannot_be_composed_is_not_explained() -> None:
    """Nothing at all, and too much."""
    with pytest.raises(ValueError, match="no document"):
        Explanation([])
    with pytest.raises(ContentTooLarge, match="own content"):
        Explanation([], ConfigContent.parse('{"a": 1}'), max_bytes=3)


def _at(document: Any, pointer: str) -> Any:
    return reduce(lambda value, step: value[step], path_of(pointer), document)


def _count(value: Any) -> int:
    """The values in an object that are no objects, and empty objects."""
    return sum(_count(each) for each in value.values()) if isinstance(value, dict) and value else 1


@settings(max_examples=120)
@given(texts=st.lists(objects(), min_size=1, max_size=4), own=st.none() | objects())
def test_all_values_are_explained(texts: list[str], own: str | None) -> None:
    """Each once, with the value that it has in the document."""
    found = explanation(*texts, own=own)
    document = json.loads(found.content.text)
    members = list(found.members())

    assert [json.loads(each.value) for each in members] == [_at(document, each.pointer) for each in members]
    assert _count(document) == len({each.pointer for each in members}) or document == {}
    for each in members:
        assert OWN != each.source.name or own is not None
        assert (
            _at(json.loads(each.source.content.text), each.pointer) == json.loads(each.value)
            or each.value == "{}"
        )


@settings(max_examples=60)
@given(texts=st.lists(objects(), min_size=1, max_size=4), own=objects())
def test_a_removal_has_an_effect(texts: list[str], own: str) -> None:
    """What the sources below it make has the member."""
    for removal in explanation(*texts, own=own).removals():
        name = removal.source.name
        below = texts if name == OWN else texts[: "abcd".index(name)]
        *path, member = path_of(removal.pointer)
        parent = reduce(lambda value, step: value[step], path, json.loads(explanation(*below).content.text))

        assert member in parent
