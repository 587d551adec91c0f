"""JSON Merge Patch on text: the meaning of RFC 7396, with the bytes of unchanged members preserved."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotconfig.domain.configs.edits import Merge
from iotconfig.domain.documents import json_members, merge_patch, strict_json
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.json_members import members
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import InvalidDocument, IotConfigError
from tests.support.json_texts import any_value, made, objects


def merged(target: str, patch: str) -> str:
    return MergePatch.parse(patch).merged_into(target)


def rfc7396(target: Any, patch: Any) -> Any:
    """The algorithm of section 2, on decoded values."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = rfc7396(result.get(name), value)
    return result


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
        ('{"a":"b"}', '{"a":null}', "{}"),
        ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
        ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
        ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
        ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
        ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
        ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
    ],
)
def test_the_examples_of_the_rfc(target: str, patch: str, result: str) -> None:
    """RFC 7396, appendix A, where target and patch are objects."""
    assert result == merged(target, patch)


@pytest.mark.parametrize("patch", ["[1]", '"a"', "1", "null", "true", "", "{", '{"a":1,"a":2}', '{"a":NaN}'])
def test_an_invalid_patch_is_refused(patch: str) -> None:
    """A patch of another type would replace the whole config, and one with duplicate names is ambiguous."""
    with pytest.raises(InvalidDocument):
        MergePatch.parse(patch)


def test_a_patch_may_nest_as_deeply_as_content() -> None:
    """64 levels are merged, and a 65th is refused."""
    deep = '{"a":' * 64 + "1" + "}" * 64

    assert deep.replace("1", "2") == merged(deep, deep.replace("1", "2"))
    with pytest.raises(InvalidDocument, match="nested deeper"):
        MergePatch.parse('{"a":' + deep + "}")


PRETTY = '{\n  "a": 1.10,\n  "b": {\n    "c": [1E2, "\\u00fc"],\n    "d": -0\n  },\n  "e": "x"\n}\n'


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        pytest.param('{"a":2}', PRETTY.replace("1.10", "2"), id="replaced"),
        pytest.param('{"a":null}', PRETTY.replace('  "a": 1.10,\n', ""), id="first removed"),
        pytest.param('{"e":null}', PRETTY.replace(',\n  "e": "x"', ""), id="last removed"),
        pytest.param('{"b":{"d":null}}', PRETTY.replace(',\n    "d": -0', ""), id="nested, last removed"),
        pytest.param(
            '{"b":{"c":null}}', PRETTY.replace('"c": [1E2, "\\u00fc"],\n    ', ""), id="nested, first"
        ),
        pytest.param('{"b":{"z":1}}', PRETTY.replace("-0", '-0,\n    "z":1'), id="nested, appended"),
        pytest.param('{"z" : [ 1.0 ]}', PRETTY.replace('"x"', '"x",\n  "z" : [ 1.0 ]'), id="appended"),
        pytest.param('{"no":null}', PRETTY, id="nothing to remove"),
        pytest.param('{"b":{"no":null}}', PRETTY, id="nothing to remove in a nested one"),
        pytest.param("{}", PRETTY, id="empty"),
        pytest.param('{"b":{}}', PRETTY, id="empty nested"),
        pytest.param(PRETTY, PRETTY, id="itself"),
    ],
)
def test_a_pretty_document_stays_pretty(patch: str, result: str) -> None:
    """Line breaks, indents and spellings of numbers are kept; a new member gets a line of its own."""
    assert result == merged(PRETTY, patch)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        pytest.param('{"a":1,"b":2}', '{"c":3}', '{"a":1,"b":2,"c":3}', id="compact"),
        pytest.param('{"a": 1, "b": 2}', '{"c": 3}', '{"a": 1, "b": 2, "c": 3}', id="one line"),
        pytest.param('{"a": 1}', '{"c": 3}', '{"a": 1, "c": 3}', id="one line, one member"),
        pytest.param('{ "a": 1 }', '{"c": 3}', '{ "a": 1, "c": 3 }', id="padded"),
        pytest.param('{\r\n\t"a":1\r\n}', '{"c":3}', '{\r\n\t"a":1,\r\n\t"c":3\r\n}', id="CRLF and tabs"),
        pytest.param('{"a":1,"b":2,"c":3}', '{"b":null}', '{"a":1,"c":3}', id="middle removed"),
        pytest.param('{ "a": 1, "b": 2 }', '{"b":null}', '{ "a": 1 }', id="last removed, padded"),
        pytest.param('{ "a": 1, "b": 2 }', '{"a":null}', '{ "b": 2 }', id="first removed, padded"),
        pytest.param(' {"a":1} ', '{"a":2}', ' {"a":2} ', id="outer space"),
        pytest.param('{"a":1,"b":2}', '{"a":null,"b":null,"c":3}', '{"c":3}', id="all replaced"),
        pytest.param('{"\\u0061":1}', '{"a":2}', '{"\\u0061":2}', id="a name that is escaped"),
        pytest.param('{"a":"}{,"}', '{"b":"{,"}', '{"a":"}{,","b":"{,"}', id="marks in strings"),
    ],
)
def test_new_members_follow_the_spacing_of_the_document(target: str, patch: str, result: str) -> None:
    """New members have the spacing of the existing ones."""
    assert result == merged(target, patch)


@pytest.mark.parametrize(
    "target",
    ["{}", "{ }", "{\n}\n", '{"a":{ }}', '{"a":{\n},"b":[ ]}', ' { "a" : 1 , "b" : 2 } '],
)
@pytest.mark.parametrize("patch", ["{}", '{"no":null}'])
def test_a_patch_without_changes_changes_no_byte(target: str, patch: str) -> None:
    """The result equals the target, including the white space in an empty object."""
    assert target == merged(target, patch)


def test_an_empty_patch_of_a_member_leaves_its_space() -> None:
    """An object patched by an empty one keeps its spelling."""
    assert '{"a":{ },"b":1}' == merged('{"a":{ },"b":1}', '{"a":{}}')


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        ('{"n":{"x":null,"y":{"z":null,"w":1}}}', '{"a":1,"n":{"y":{"w":1}}}'),
        ('{"n":[{"x":null},null]}', '{"a":1,"n":[{"x":null},null]}'),
        ('{"a":{"x":null}}', '{"a":{}}'),
        ('{"a":{"x":null,"y":"1"}}', '{"a":{"y":"1"}}'),
    ],
)
def test_nulls_are_removed_from_objects_not_from_arrays(patch: str, result: str) -> None:
    """A null removes a member at any depth of objects; an array is one value."""
    assert result == merged('{"a":1}', patch)


_NAMES = ["a", "b", "c", "d", "é", ""]
_LEAVES: list[object] = [None, True, False, 0, 1, 1.5, "", "x", '"}{,\\', []]
_SEPARATORS = [(",", ":"), (", ", ": "), (" ,\t", " : "), (",\n  ", ": ")]


def _document(random: Random, size: int) -> str:
    """An object with a fixed set of names, in one of the usual spellings."""
    members = {random.choice(_NAMES): any_value(random, _NAMES, _LEAVES, 4) for _ in range(size)}
    return json.dumps(
        members,
        ensure_ascii=random.choice([True, False]),
        indent=random.choice([None, None, 0, 2, "\t"]),
        separators=random.choice(_SEPARATORS),
    )


_DOCUMENTS = made(_document)
_PAIRS = st.tuples(_DOCUMENTS, _DOCUMENTS) | st.tuples(objects(), objects())


@settings(max_examples=150)
@given(pair=_PAIRS)
def test_the_result_equals_that_of_the_rfc(pair: tuple[str, str]) -> None:
    """The decoded result equals that of RFC 7396; its members have the target's order, then the patch's."""
    target, patch = pair
    result = json.loads(merged(target, patch))
    expected = rfc7396(json.loads(target), json.loads(patch))

    assert expected == result
    assert json.dumps(expected) == json.dumps(result)


@settings(max_examples=120)
@given(pair=_PAIRS)
def test_a_patch_applied_again_changes_nothing(pair: tuple[str, str]) -> None:
    """A second run of the same patch makes no new revision."""
    target, patch = pair
    once = merged(target, patch)

    assert once == merged(once, patch)


@settings(max_examples=120)
@given(pair=_PAIRS)
def test_untouched_members_keep_their_bytes(pair: tuple[str, str]) -> None:
    """Name, colon, white space and value of each member outside of the patch are unchanged."""
    target, patch = pair
    named = {member.name for member in members(patch, 64)}
    result = merged(target, patch)

    def texts(text: str) -> list[str]:
        return [text[m.begin : m.value_end] for m in members(text, 64) if m.name not in named]

    assert texts(target) == texts(result)


_DERIVED = ["null", '"ü"', '"\\u00fc"', f'"{"x" * 256}"', "true", "1.50", "{}", '{"a": {"b": null}}', "[1]"]


def _is_as_read(patch: MergePatch, before: ConfigContent, max_bytes: int) -> bool:
    """Whether `Merge` gives what reading its result as new content gives, refusals included."""
    found: list[ConfigContent | str] = []
    makes: tuple[Callable[[], ConfigContent], ...] = (
        lambda: Merge(patch, max_bytes).apply(before),
        lambda: ConfigContent.parse(patch.merged_into(before.text), max_bytes),
    )
    for make in makes:
        try:
            found.append(make())
        except IotConfigError as error:
            found.append(f"{type(error).__name__} {error} {error.details}")
    merged, parsed = found
    return parsed == merged


@given(
    pair=_PAIRS,
    name=st.sampled_from(["deviceName", "deviceEntityId", "enableOTA", "\\u0065nableOTA"]),
    value=st.sampled_from(_DERIVED),
    max_bytes=st.sampled_from([20, 10_000]),
)
def test_content_is_merged_as_if_it_were_read_anew(
    pair: tuple[str, str], name: str, value: str, max_bytes: int
) -> None:
    """Text, ETag, derived fields and refusals are those of the whole result, which is not decoded."""
    target, patch = pair
    for text in (target, '{"deviceName": "before", "enableOTA": false}'):
        before = ConfigContent.parse(text)
        for merge in (patch, f'{{"{name}": {value}}}', f'{{"z": {patch}, "{name}": {value}}}'):
            assert _is_as_read(MergePatch.parse(merge), before, max_bytes)


def test_the_result_of_a_merge_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A patch of 10,000 configs takes time for what it changes, not for reading what it has written."""
    patch, before = MergePatch.parse('{"a": [1, 2], "deviceName": "n"}'), ConfigContent.parse('{"b": 1}')
    monkeypatch.setattr(strict_json, "decode", None)
    merged = Merge(patch).apply(before)

    assert ('{"b": 1, "a": [1, 2], "deviceName": "n"}', "n") == (merged.text, merged.device_name)


def test_each_object_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing each level again for the level above would take time that grows with size times depth."""
    calls: list[object] = []
    look = json_members.spans

    def counted(text: str, position: int = 0, like: dict[str, json_members.Span] | None = None) -> Any:
        calls.append(position)
        return look(text, position, like)

    monkeypatch.setattr(json_members, "spans", counted)
    monkeypatch.setattr(merge_patch, "spans", counted)
    target, patch = ('{"a":' * 60 + leaf + "}" * 60 for leaf in ("1", "2"))

    assert patch == merged(target, patch)
    assert len(calls) == 2 * 60
