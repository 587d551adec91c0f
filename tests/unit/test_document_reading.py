"""The answer about the document of a device, written and read."""

from __future__ import annotations

import pytest

from iotconfig.adapters.codec import MalformedAnswer, RawJson, to_json
from iotconfig.adapters.codec.document_answers import (
    DeviceDocument,
    DocumentLayer,
    ExplainedMember,
    ShadowedValue,
)
from iotconfig.adapters.codec.document_reading import device_document_of
from iotconfig.domain.documents.content import MAX_DEPTH, ConfigContent
from iotconfig.testing.builders import mac

DEEP = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
VALUES = ["1.10", "12345678901234567890123", '"\\u0041"', "[1E2 , {}]", "[]", "{}", "null", DEEP]


def answer() -> DeviceDocument:
    """Values that a decoder would write otherwise, and the deepest one."""
    content = ConfigContent.parse(f'{{"a":1.10, "b": {DEEP}}}')
    shadows = [ShadowedValue("/a", RawJson(value), "base", 2) for value in VALUES]
    members = [ExplainedMember(f"/{index}", RawJson(value), None, 7, shadows) for index, value in enumerate(VALUES)]  # fmt: skip
    return DeviceDocument(
        mac(1), 3, '"e"', False, 7, [DocumentLayer("base", 2)], content, members, [members[0]]
    )


def test_values_are_read_as_they_are_written() -> None:
    """To the character, of documents of every depth; and without members, which are not asked for."""
    assert answer() == device_document_of(to_json(answer()).encode())
    bare = DeviceDocument(mac(1), 3, '"e"', True, 7, [], ConfigContent.parse("{}"))
    assert bare == device_document_of(to_json(bare).encode())


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"number": 3', '"number": "3"'),
        ('"number": 3, ', ""),
        ('"is_served": false', '"is_served": 0'),
        (f'"{mac(1)}"', '"nowhere"'),
        ('"layers": [', '"layers": [3, '),
        ('"members": [', '"members": {}, "x": ['),
        ('"shadows": [', '"shadows": 1, "x": ['),
        ('"document": {', '"document": [], "x": {'),
        ("}", ""),
    ],
)
def test_other_answers_are_refused(found: str, instead: str) -> None:
    """Such as those of another server."""
    text = to_json(answer())
    assert found in text

    with pytest.raises(MalformedAnswer, match="DeviceDocument"):
        device_document_of(text.replace(found, instead, 1).encode())
