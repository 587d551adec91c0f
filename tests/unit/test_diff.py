"""Two documents compared: a JSON Patch that turns one into the other, and a diff in lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpatch import JsonPatch

from iotconfig.adapters.diff import Difference, difference
from iotconfig.adapters.diff.json_patch import _Identities, decoded
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.testing.builders import content
from tests.support.json_texts import any_value, made, objects


def compared(before: str | None, after: str | None) -> Difference:
    one, other = (None if text is None else content(text) for text in (before, after))
    return difference(one, other, "revision 1", "revision 2")


def patched(before: str | None, found: Difference) -> Any:
    """The first document with the JSON Patch applied, after a round trip through JSON."""
    patch = JsonPatch(json.loads(json.dumps(found.json_patch)))
    return patch.apply(None if before is None else json.loads(before))


def exact(value: Any) -> str:
    """A value as JSON, in which true is not equal to 1."""
    return json.dumps(value, sort_keys=True)


def test_the_diff_has_one_line_for_each_member() -> None:
    """One changed member is one changed line with context, even in a document without line breaks."""
    found = compared(
        '{"a":1.10,"b":[1,{"c":"x, y"}],"d":{},"e":[]}', '{"a":1.10,"b":[1,{"c":"z"}],"d":{},"e":[]}'
    )

    assert [{"op": "replace", "path": "/b/1/c", "value": "z"}] == found.json_patch
    assert [
        "--- revision 1",
        "+++ revision 2",
        "@@ -3,7 +3,7 @@",
        '   "b": [',
        "     1,",
        "     {",
        '-      "c": "x, y"',
        '+      "c": "z"',
        "     }",
        "   ],",
        '   "d": {},',
    ] == found.unified_diff.splitlines()


@pytest.mark.parametrize("size", [1, 5000])
def test_equal_documents_have_no_differences(size: int) -> None:
    """The patch has no operation and the text is empty, for large documents too."""
    text = json.dumps({"a": list(range(size))})

    assert Difference([], "") == compared(text, text)


def test_two_missing_documents_are_equal() -> None:
    """A deletion compared with a deletion has no differences."""
    assert Difference([], "") == compared(None, None)


def test_a_created_or_deleted_document_is_shown_whole() -> None:
    """Compared with a deletion, all lines are added, or all removed."""
    added, removed = compared(None, '{"a":1}'), compared('{"a":1}', None)

    assert [{"op": "replace", "path": "", "value": {"a": 1}}] == added.json_patch
    assert [{"op": "replace", "path": "", "value": None}] == removed.json_patch
    assert ["+{", '+  "a": 1', "+}"] == added.unified_diff.splitlines()[3:]
    assert ["-{", '-  "a": 1', "-}"] == removed.unified_diff.splitlines()[3:]


@pytest.mark.parametrize(
    ("before", "after"),
    [('{"a":1}', '{"a": 1}'), ('{"a":1}', '{"a":1}\n'), ("{}", "{\t}"), ('{"a":1}', '{"a":1}\r\n')],
)
def test_documents_that_differ_in_spacing_only(before: str, after: str) -> None:
    """The values are equal, so the patch has no operation; the text shows the different spacing."""
    found = compared(before, after)

    changed = [line for line in found.unified_diff.split("\n")[3:] if line.startswith(("+", "-"))]

    assert [] == found.json_patch
    assert changed
    assert [] == [line for line in changed if not (line[1:].startswith("'") and line.endswith("'"))]
    assert "\t" not in found.unified_diff


def test_spellings_of_one_number_are_shown() -> None:
    """The text shows 1.10 and 1.1 as different, as a device may treat them."""
    found = compared('{"a":1.10}', '{"a":1.1}')

    assert '-  "a": 1.10' in found.unified_diff.splitlines()
    assert '+  "a": 1.1' in found.unified_diff.splitlines()
    assert {"a": 1.1} == patched('{"a":1.10}', found)


@pytest.mark.parametrize(
    ("before", "after"),
    [("0.0", "-0.0"), ("0", "-0"), ("12345678901234567890.5", "12345678901234567891.5"), ("1", "1E0")],
)
def test_numbers_equal_as_doubles_are_replaced(before: str, after: str) -> None:
    """The patch is empty only if the documents differ in nothing but spacing."""
    found = compared(f'{{"a":{before},"b":[{before}]}}', f'{{"a":{after},"b":[{after}]}}')

    assert ["/a", "/b/0"] == [operation["path"] for operation in found.json_patch]


def test_numbers_cannot_be_chosen_to_share_a_hash() -> None:
    """Integers that are equal modulo 2**61 - 1 do not make the comparison quadratic."""
    numbers = decoded(f"[{','.join(str((2**61 - 1) * k) for k in range(1, 1000))}]")
    identity = _Identities().of

    assert len(numbers) == len({hash(identity(number)) for number in numbers})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a":true}', '{"a":1}'),
        ('{"a":[1,0]}', '{"a":[true,false]}'),
        ('{"a":[[1]],"b":2}', '{"a":[[true]],"b":2}'),
        ('{"a":[{"b":0}]}', '{"a":[{"b":false}]}'),
        ('{"a":[1,2,true]}', '{"a":[true,1,2]}'),
        ('{"a/b":1,"c~d":2}', '{"a/b":2}'),
        ('{"":1}', '{"":{"":2}}'),
        ('{"a":null}', "{}"),
        ("{}", '{"a":null}'),
        ('{"a":[1,2,3,4]}', '{"a":[4,3,1,2,1]}'),
    ],
)
def test_values_and_names_that_are_easily_confused(before: str, after: str) -> None:
    """The patch distinguishes true from 1 and null from absence, and escapes slashes in names."""
    assert exact(json.loads(after)) == exact(patched(before, compared(before, after)))


def test_line_separators_of_unicode_stay_in_their_strings() -> None:
    """U+2028, U+0085 and the like are characters of a string, and do not end a line of the diff."""
    before, after = (f'{{"a":"x\u2028y\u0085z\u2029","b":{number}}}' for number in (1, 2))

    assert ['   "a": "x\u2028y\u0085z\u2029",', '-  "b": 1', '+  "b": 2'] == compared(
        before, after
    ).unified_diff.split("\n")[4:7]


def test_brackets_inside_strings_are_not_structure() -> None:
    """Braces, commas, colons and escaped quotes in a string do not break its line."""
    lines = compared("{}", '{"a\\"{":"[1,2]: \\\\","b":1}').unified_diff.splitlines()

    assert '+  "a\\"{": "[1,2]: \\\\",' in lines


@pytest.mark.parametrize("place", [0, 2500, 4999])
def test_a_change_of_a_large_document(place: int) -> None:
    """If the finest diff would take too long, the differing part is shown whole, and the patch is exact."""
    items = list(range(5000))
    before = json.dumps({"a": items, "b": 1, "gone": 1})
    items[place] = -1
    after = json.dumps({"a": items, "b": 2, "new": True})
    found = compared(before, after)
    lines = found.unified_diff.splitlines()

    assert json.loads(after) == patched(before, found)
    assert ["--- revision 1", "+++ revision 2"] == lines[:2]
    assert lines[2].startswith("@@ -")
    assert {"    -1,", "    -1"} & {line[1:] for line in lines if line.startswith("+")}
    assert '-  "gone": 1' in lines


def test_a_patch_is_no_longer_than_its_documents() -> None:
    """A patch with one path for each of a thousand items would be a hundred times as long; they are replaced as one."""
    name = "n" * 10_000
    before, after = (json.dumps({name: {str(n): value for n in range(1000)}}) for value in (1, 2))
    found = compared(before, after)

    assert json.loads(after) == patched(before, found)
    assert len(json.dumps(found.json_patch)) < len(before) + len(after)


def test_the_indent_is_bounded() -> None:
    """Unbounded, a document of 256 KiB would have 17 MB of spaces."""
    text = '{"a":' + "[" * 60 + ",".join("1" * 1000) + "]" * 60 + "}"

    assert len(compared(None, text).unified_diff) < 50 * len(text) / 2


def test_a_large_first_document() -> None:
    """A large first revision is compared with a missing document."""
    after = json.dumps({"a": list(range(5000))})
    found = compared(None, after)

    assert json.loads(after) == patched(None, found)
    assert 5000 + 4 == sum(line.startswith("+") for line in found.unified_diff.splitlines()[2:])


@pytest.mark.parametrize("size", [4000, 6000])
def test_large_documents_that_differ_in_spacing_only(size: int) -> None:
    """A difference in spacing is shown at any size."""
    value = {"a": list(range(size))}
    found = compared(json.dumps(value), json.dumps(value, indent=1))

    assert [] == found.json_patch
    assert found.unified_diff.startswith("--- revision 1\n+++ revision 2\n")


_NAMES = ["a", "b", "c", "a/b", "~1", "/", "~"]
_LEAVES: list[object] = [None, True, False, 0, 1, 2, "", "a", 1.5]
_DOCUMENTS = made(
    lambda random, size: json.dumps(
        {random.choice(_NAMES): any_value(random, _NAMES, _LEAVES, 5) for _ in range(size)}
    )
)


@settings(max_examples=150)
@given(pair=st.tuples(_DOCUMENTS, _DOCUMENTS) | st.tuples(objects(), objects()))
def test_the_patch_turns_one_into_the_other(pair: tuple[str, str]) -> None:
    """An independent RFC 6902 library applies the patch of any two documents, and gets the second one."""
    before, after = pair
    found = compared(before, after)

    assert json.loads(after) == patched(before, found)
    assert exact(json.loads(after)) == exact(patched(before, found)) or _differs_in_spelling(before, after)


def _differs_in_spelling(before: str, after: str) -> bool:
    """Whether equal numbers could be spelled in two ways (0 and 0.0), which a patch need not distinguish."""
    return bool({".", "e", "E", "-"} & set(before + after))


@settings(max_examples=100)
@given(pair=st.tuples(objects(), objects()), is_same=st.booleans())
def test_the_text_is_empty_for_equal_bytes_only(pair: tuple[str, str], *, is_same: bool) -> None:
    """An empty text means that the documents are equal byte for byte."""
    before, after = (pair[0], pair[0]) if is_same else pair

    assert (before == after) == ("" == compared(before, after).unified_diff)


def test_contents_are_compared_by_their_text() -> None:
    """Contents with the same text are equal, however they were parsed."""
    text = '{"deviceName":"Lamp"}'

    assert "" == difference(ConfigContent.parse(text), ConfigContent.parse(text), "a", "b").unified_diff
