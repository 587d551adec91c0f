"""References to secrets in documents, and documents with the values in their place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotconfig.domain.documents.strict_json import decode
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.secrets.references import MARK, names_of, references, shows_value
from iotconfig.domain.secrets.resolving import resolved

REFERENCE = '{"$secret": "b"}'
VALUES = {"wifi-psk": 'a "quoted" \\ value\n', "b": "ü🔑"}


def test_only_the_references_change() -> None:
    """All other characters stay as they were written."""
    text = '{ "wifi" : {"psk": { "$secret" :\n"wifi-psk" },"n":1.10}, "list":[{"$secret":"b"},1E2] }'

    assert '{ "wifi" : {"psk": "a \\"quoted\\" \\\\ value\\n","n":1.10}, "list":["ü🔑",1E2] }' == resolved(
        text, VALUES
    )
    assert {"wifi-psk", "b"} == names_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a": "$secret"}',
        '{"a": ["$secret", {"b": "$secret"}]}',
        '{"a": "{\\"$secret\\": \\"b\\"}"}',
        '{"a\\\\": "\\"$secret\\": "}',
        '{"\\u0024secret": "b"}',
        '{"a": {"\\u0024secret": "b"}}',
        '{"$secrets": "b", " $secret": {"x": 1}}',
    ],
)
def test_texts_without_a_reference(text: str) -> None:
    """They are served as they stand."""
    decode(text, 64)

    assert [] == references(text)
    assert text is resolved(text, {})


MALFORMED: dict[str, tuple[str, str]] = {
    "another member before": ('{"a": {"x": 1, "$secret": "b"}}', "/a"),
    "another member behind": ('{"a": {"$secret": "b", "x": 1}}', "/a"),
    "behind a good one": ('{"a": {"$secret": "b"}, "c/d": [0, {"~": {"$secret": 7}}]}', "/c~1d/1/~0"),
    "before a good one": ('{"a": {"$secret": null}, "b": {"$secret": "b"}}', "/a"),
    "an object": ('{"a": {"$secret": {"x": "b"}}}', "/a"),
    "a reference in a reference": ('{"a": {"$secret": {"$secret": "b"}}}', "/a"),
    "no name": ('{"a": [[{"$secret": "B"}]]}', "/a/0/0"),
    "a name with an escape": ('{"a": {"$secret": "\\u0062"}}', "/a"),
    "an empty name": ('{"": {"$secret": ""}}', "/"),
    "a name that is too long": (f'{{"a": {{"$secret": "{"b" * 64}"}}}}', "/a"),
    "at the top, with another member": ('{"$secret": "b", "x": 1}', ""),
}


@pytest.mark.parametrize(("text", "pointer"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_reference_is_refused(text: str, pointer: str) -> None:
    """With the pointer of the object that is none: a device must not be given the name in place of the value."""
    decode(text, 64)

    with pytest.raises(InvalidDocument, match="a reference to a secret has the member") as refused:
        references(text)
    assert {"pointer": pointer} == refused.value.details


def test_a_document_is_no_secret_as_a_whole() -> None:
    """A document is an object, and a value is a string."""
    with pytest.raises(InvalidDocument, match="cannot be a secret as a whole"):
        resolved(' {"$secret": "b"}\n', VALUES)


def test_a_secret_that_does_not_exist_is_refused() -> None:
    """With the pointer of the reference, and the way out."""
    with pytest.raises(InvalidDocument, match="iotconfig secret set missing") as refused:
        resolved('{"a": {"$secret": "b"}, "c": [true, {"$secret": "missing"}]}', VALUES)
    assert {"pointer": "/c/1"} == refused.value.details


_leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just({"$secret": "b"})
_documents = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
    ),
    max_size=4,
)


@given(_documents, st.text(min_size=1), st.sampled_from([None, 1]), st.booleans())
def test_resolving_is_the_same_on_values(
    document: dict[str, Any], value: str, indent: int | None, ascii_only: bool
) -> None:
    """However the document is written."""
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)

    assert _with_values(document, value) == json.loads(resolved(text, {"b": value}))


def _with_values(item: Any, value: str) -> Any:
    if item == {"$secret": "b"}:
        return value
    if isinstance(item, dict):
        return {name: _with_values(inner, value) for name, inner in item.items()}
    return [_with_values(inner, value) for inner in item] if isinstance(item, list) else item


def test_many_references_are_refused() -> None:
    """Each may become 4 KiB: the document that a device is given must be bounded before it is made."""
    fitting = f'{{"a": [{", ".join([REFERENCE] * 100)}]}}'

    assert 100 == resolved(fitting, VALUES).count("ü🔑")
    with pytest.raises(InvalidDocument, match="at most 100 times"):
        references(fitting.replace("]", f", {REFERENCE}]"))


def test_long_runs_of_spaces_are_read_once() -> None:
    """The work grows with the length of the text only."""
    spaces = " " * 1000
    text = f'{{"a": [{", ".join([f"{{{spaces}{MARK}{spaces}:{spaces}{chr(34)}b{chr(34)}{spaces}}}"] * 60)}]}}'

    assert 60 == len(references(text))


@pytest.mark.parametrize(
    ("pointer", "is_shown"),
    [
        ("", True),
        ("/a", True),
        ("/a/1", True),
        ("/a/1/~0b", True),
        ("/a/0", False),
        ("/a/1/c", False),
        ("/a/1/~0", False),
        ("/d", False),
        ("/a/1/~0b/$secret", False),
    ],
)
def test_places_that_show_a_value(pointer: str, is_shown: bool) -> None:
    """What a check found there, such as an object with too many members, must not be quoted."""
    assert is_shown is shows_value('{"a": [0, {"~b": {"$secret": "b"}, "c": 1}], "d": 2}', pointer)
