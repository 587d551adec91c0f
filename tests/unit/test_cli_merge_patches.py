"""`--set` and `--unset`: paths, typed values, and what a merge patch cannot do."""

from __future__ import annotations

import click
import pytest

from iotconfig.adapters.cli.merge_patches import merge_patch_of
from iotconfig.domain.errors import InvalidDocument, ValidationFailed


def patch_of(*assignments: str, unset: tuple[str, ...] = ()) -> str:
    return merge_patch_of(None, assignments, unset, "JSON").text


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("a=1.10", '{"a": 1.10}'),
        ("a=1E2", '{"a": 1E2}'),
        ("a= true ", '{"a": true}'),
        ("a=[1, {}]", '{"a": [1, {}]}'),
        ('a=[null, {"b": null}]', '{"a": [null, {"b": null}]}'),
        ('a="1883"', '{"a": "1883"}'),
        ("a=porch light", '{"a": "porch light"}'),
        ("a= x ", '{"a": " x "}'),
        ("a=0123", '{"a": "0123"}'),
        ("a=+1", '{"a": "+1"}'),
        ("a=True", '{"a": "True"}'),
        ("a=nullable", '{"a": "nullable"}'),
        ("a=", '{"a": ""}'),
        ("a=b=c", '{"a": "b=c"}'),
        ('a=say "hi"', '{"a": "say \\"hi\\""}'),
        ("a=tab\t\u00fc", '{"a": "tab\\t\u00fc"}'),
        ("mqtt.host=x", '{"mqtt": {"host": "x"}}'),
        ("/mqtt/host=x", '{"mqtt": {"host": "x"}}'),
        ("/a.b/c~1d=1", '{"a.b": {"c/d": 1}}'),
        ("/=1", '{"": 1}'),
        ("\u00e9.\u00fc=1", '{"\u00e9": {"\u00fc": 1}}'),
    ],
)
def test_a_member_is_set(assignment: str, expected: str) -> None:
    """JSON as it is written, and everything else as a string."""
    assert expected == patch_of(assignment)


def test_members_are_collected() -> None:
    """In their order, and those of one object together."""
    assert '{"a": {"b": 1, "d": null}, "c": 2, "e": null}' == patch_of("a.b=1", "c=2", unset=("/a/d", "e"))


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e999", '{"a": 1', "[1,", '"x', '{"a": 1, "a": 2}', '"\\u0000"']
)
def test_values_that_are_no_content(value: str) -> None:
    """The option is named; what begins like JSON is no string by accident."""
    with pytest.raises(InvalidDocument, match=r"--set mqtt\.port"):
        patch_of(f"mqtt.port={value}")


@pytest.mark.parametrize(
    ("assignments", "unset", "phrase"),
    [
        (["a=null"], (), "--unset /a removes"),
        (['a.b={"c": 1, "d/e": {"f": null}}'], (), "--unset /a/b/d~1e/f removes"),
        (["a=1", "a=2"], (), "twice"),
        (["a=1"], ("/a",), "twice"),
        (["a=1", "a.b=2"], (), "twice"),
        (["a.b=1", "a=2"], (), "twice"),
        (["pins.0=1"], (), "array"),
        (["/pins/-=1"], (), "array"),
        ([], ("pins.10.x",), "array"),
        (["a..b=1"], (), "path"),
        (["=1"], (), "path"),
        ([], (".a",), "path"),
        (["/a~2=1"], (), "JSON Pointer"),
        (["a" + ".a" * 2000 + "=1"], (), "levels"),
        ([], ("/a" * 2000,), "levels"),
    ],
)
def test_what_a_merge_patch_cannot_do(assignments: list[str], unset: tuple[str, ...], phrase: str) -> None:
    """Store null, change elements of arrays, or two things at one place, or nest deeper than content."""
    with pytest.raises(ValidationFailed, match=phrase):
        patch_of(*assignments, unset=unset)


@pytest.mark.parametrize(
    ("text", "assignments"), [(None, []), ("{}", ["a=1"]), (None, ["a"])], ids=["none", "both", "no value"]
)
def test_wrong_usage(text: str | None, assignments: list[str]) -> None:
    """The changes are given once."""
    with pytest.raises(click.UsageError):
        merge_patch_of(text, assignments, (), "JSON")
