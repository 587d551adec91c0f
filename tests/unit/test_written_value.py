"""Values of JSON texts, with numbers as they are written."""

from __future__ import annotations

import pytest

from iotconfig.domain.documents.written_value import leaves, written_value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.10", "1.1"),
        ("1E2", "100"),
        ("0", "-0"),
        ("9007199254740993", "9007199254740992"),
        ("1", '"1"'),
        ("1", "true"),
        ("0", "false"),
        ("[]", "{}"),
        ("null", "false"),
        ("[1, 2]", "[2, 1]"),
        ('{"a": [1.0]}', '{"a": [1]}'),
    ],
)
def test_values_that_differ(one: str, other: str) -> None:
    """As a whole, and as leaves, which a dict can have as keys."""
    first, second = (written_value(f'{{"v": {text}}}') for text in (one, other))

    assert first != second
    assert 2 == len({*leaves(first), *leaves(second)})


@pytest.mark.parametrize(
    ("one", "other"), [('{"a": 1, "b": 2}', '{ "b":2,"a":1 }'), ('"k\\u00fc"', '"kü"'), ("[1]", "[ 1 ]")]
)
def test_values_that_are_equal(one: str, other: str) -> None:
    """The order of members, spaces and the spelling of strings do not count."""
    first, second = (written_value(f'{{"v": [{text}]}}') for text in (one, other))

    assert first == second
    assert list(leaves(first)) == list(leaves(second))


def test_leaves_are_what_objects_have_in_the_end() -> None:
    """Arrays as a whole, and objects without members; of an empty document, nothing."""
    found = leaves(written_value('{"a": {"b": {}, "c": [{"d": 1}]}, "e": null}'))

    assert [("a", "b"), ("a", "c"), ("e",)] == [path for path, _ in found]
    assert [] == list(leaves({}))
