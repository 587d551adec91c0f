"""Composition: the value of RFC 7396, and the bytes that rule 1 decides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotconfig.domain.documents import composition, json_members, strict_json
from iotconfig.domain.documents.composition import OWN, Composed, Folded, Source, compose
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.json_members import members
from iotconfig.domain.documents.null_members import null_members
from iotconfig.domain.errors import ContentTooLarge
from iotconfig.testing.composition_examples import CompositionExample, composition_examples
from tests.support.json_texts import any_value, made, objects


def layer(text: str, number: int = 0, *, for_all: bool = False) -> Source:
    return Source(f"layer-{number}", ConfigContent.parse(text), keeps_nulls=for_all)


def stack(*texts: str) -> list[Source]:
    """Tagged layers with these documents, the lowest first."""
    return [layer(text, number) for number, text in enumerate(texts)]


def composed(*texts: str) -> str:
    """The document of tagged layers and own content, the last one."""
    *layers, own = texts
    return compose(stack(*layers), ConfigContent.parse(own)).content.text


def of_example(example: CompositionExample) -> Composed:
    layers = [
        Source(each.name, ConfigContent.parse(each.content), keeps_nulls=each.reaches_all)
        for each in example.layers
    ]
    return compose(layers, None if example.own is None else ConfigContent.parse(example.own))


@pytest.mark.parametrize("example", composition_examples(), ids=lambda example: example.name)
def test_worked_examples(example: CompositionExample) -> None:
    """The file says what each of them shows; adapters and the documentation share it."""
    found = of_example(example)

    assert example.document == found.content.text
    assert example.unused == tuple((each.source.name, each.pointer) for each in found.warnings)


def test_names_of_examples_are_unique() -> None:
    """A failure names one of them."""
    names = [example.name for example in composition_examples()]

    assert len(names) == len(set(names)) > 20


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(['{ "a": {} }', '{"a": {"x": null}}'], '{ "a": {} }', id="nothing was removed"),
        pytest.param(['{"a": { }, "b": 1}', '{"a": {"x": null}}'], '{"a": { }, "b": 1}', id="nested"),
        pytest.param(['{ "a": {} }', '{"a":{}}'], '{"a":{}}', id="empty in both: the higher one"),
        pytest.param(['{"a": {"b": { "c": 1 }}}', '{"a": {"b": {}}, "d": 2}'], '{"a": {"b": { "c": 1 }},"d": 2}', id="an object within"),
        pytest.param(['{"a": { "x": 1 }}', '{"a": 5}', '{"a": { "y": 2 }}'], '{"a": { "y": 2 }}', id="replaced by a number"),
        pytest.param(['{"a": {"x": 1}, "b": 0}', '{"a": null}', '{"a": {"y": 2}}'], '{"b": 0,"a": {"y": 2}}', id="removed, and back"),
        pytest.param(['{"a": {"x": 1, "y": 2}}', '{"a": {"x": null}}', '{"a": {"x": 3}}'], '{"a": {"y": 2,"x": 3}}', id="back within"),
        pytest.param(['{"a": 1, "b": 2}', '{"a": {}}', '{"a": 3}'], '{"a": 3,"b": 2}', id="replaced: it keeps its place"),
        pytest.param(['{ "a": 1 }', '{"b": 2}', '{"b": null, "c": 3}', '{"c": null}'], '{ "a": 1 }', id="all others removed"),
        pytest.param(['{ "a": {"x": 1} }', '{"a": {"y": 2}}', '{"a": {"y": null}}'], '{ "a": {"x": 1} }', id="removed within"),
        pytest.param(['{"a":1,"b":2}', '{"b":3 , "a":4}'], '{"b":3 , "a":4}', id="the order of the only source"),
        pytest.param(['{"z":0,"o":{"a":1,"b":2}}', '{"o":{"b":3 , "a":4}}'], '{"z":0,"o":{"b":3 , "a":4}}', id="the same of an object"),
        pytest.param(['{"n":{"a":null,"b":[null]}}', "{}"], '{"n":{"b":[null]}}', id="nulls in arrays stay"),
        pytest.param(['{"s":"null","n":null}', '{"t":1}'], '{"s":"null","t":1}', id="the string null"),
    ],
)  # fmt: skip
def test_bytes(texts: list[str], expected: str) -> None:
    """Cases beside the worked examples."""
    assert expected == composed(*texts)


def test_null_is_a_value_for_all_devices_only() -> None:
    """The same lowest layer, with a narrower reach, removes."""
    low, own = '{ "a": null }', ConfigContent.parse('{"b": 1}')

    assert '{"a": null,"b": 1}' == compose([layer(low, for_all=True)], own).content.text
    assert '{"b": 1}' == compose([layer(low)], own).content.text


def test_own_content_that_no_layer_reaches_is_itself() -> None:
    """It is neither read again nor copied."""
    own = ConfigContent.parse('{ "a": null }')

    assert own is compose([], own).content


def test_a_document_that_comes_from_one_source_is_its_content() -> None:
    """No ETag is computed again."""
    sources = stack('{"a": 1}', '{"b": 1}')

    assert sources[0].content is compose(sources[:1], ConfigContent.parse('{"b": null}')).content
    assert sources[1].content is compose(sources, ConfigContent.parse('{"a": null}')).content


def test_there_is_no_document_of_nothing() -> None:
    """Neither layers nor own content."""
    with pytest.raises(ValueError, match="no document"):
        compose([])


def test_sources_nest_as_deeply_as_content() -> None:
    """64 levels are composed."""
    low, high = ('{"a":' * 63 + f'{{"{name}":1}}' + "}" * 63 for name in "bc")

    assert '{"a":' * 63 + '{"b":1,"c":1}' + "}" * 63 == composed(low, high)


def test_two_hundred_layers() -> None:
    """Each adds a member, and sets one that all have."""
    texts = [f'{{"own-{n}": {n}, "all": {n}}}' for n in range(200)]
    expected = ['"own-0": 0', '"all": -1', *(f'"own-{n}": {n}' for n in range(1, 200))]

    assert "{" + ",".join(expected) + "}" == composed(*texts, '{"all": -1}')


def test_a_document_may_have_the_size_limit_and_no_byte_more() -> None:
    """The refusal names the sources with their sizes, the largest first."""
    sources, own = stack('{"a":"ü"}', '{"b":"1234"}'), ConfigContent.parse('{"c":1}')
    text = '{"a":"ü","b":"1234","c":1}'

    assert text == compose(sources, own, len(text.encode())).content.text
    with pytest.raises(ContentTooLarge) as refused:
        compose(sources, own, len(text.encode()) - 1)
    assert (
        "The document composed of 3 sources is larger than 26 bytes. They are layer-1 (12 bytes), layer-0 (10 bytes), "
        "own content (7 bytes): make one of them smaller."
    ) == str(refused.value)
    assert {"name": OWN, "bytes": 7} == refused.value.details["sources"][-1]  # type: ignore[index]


def test_what_lower_layers_make_is_held_to_the_limit() -> None:
    """A higher layer cannot make it smaller again, so that memory is bounded; three of many sources are named."""
    sources = stack(*(f'{{"m{n}":"{"x" * 10}"}}' for n in range(5)))

    with pytest.raises(ContentTooLarge, match="The largest are layer-0 "):
        compose(sources, ConfigContent.parse('{"m0":null,"m1":null}'), 60)


_NAMES = ["a", "b", "c", "__proto__", ""]
_LEAVES: list[object] = [None, None, True, 1, 1.5, "x", "null", '"}{,\\', [], [None], {}]


def _document(random: Random, size: int) -> str:
    """An object with names that others have, too, in one of the usual spellings."""
    found = {random.choice(_NAMES): any_value(random, _NAMES, _LEAVES, 4) for _ in range(size)}
    separators = random.choice([(",", ":"), (", ", ": "), (" ,\t", " : ")])
    return random.choice(["", " "]) + json.dumps(
        found, ensure_ascii=random.choice([True, False]), separators=separators
    )


_TEXTS = st.lists(made(_document) | objects(), min_size=1, max_size=5)


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


def decoded(text: str) -> Any:
    """The value; of a number, its digits."""
    return json.loads(text, parse_int=lambda digits: (digits,), parse_float=lambda digits: (digits,))


def folded(values: Sequence[Any], *, for_all: bool) -> Any:
    result = values[0] if for_all else rfc7396({}, values[0])
    for value in values[1:]:
        result = rfc7396(result, value)
    return result


def sources_of(texts: Sequence[str], *, for_all: bool) -> list[Source]:
    return [layer(text, number, for_all=for_all and number == 0) for number, text in enumerate(texts)]


@settings(max_examples=120)
@given(texts=_TEXTS, for_all=st.booleans())
def test_the_value_equals_that_of_the_rfc(texts: list[str], for_all: bool) -> None:
    """Numbers by their digits; members in the order of the RFC's algorithm, unless the text is that of one source."""
    text = compose(sources_of(texts, for_all=for_all)).content.text
    expected = folded([decoded(each) for each in texts], for_all=for_all)

    assert expected == decoded(text)
    if text not in texts:
        assert list(expected) == list(decoded(text))


@settings(max_examples=120)
@given(texts=_TEXTS, for_all=st.booleans())
def test_the_document_is_content(texts: list[str], for_all: bool) -> None:
    """It is the same when it is read: ETag, derived fields. So no composition of valid sources breaks a rule."""
    found = compose(sources_of(texts, for_all=for_all)).content

    assert ConfigContent.parse(found.text) == found


@settings(max_examples=120)
@given(texts=_TEXTS, own=made(_document) | objects(), for_all=st.booleans())
def test_own_content_is_the_highest_source(texts: list[str], own: str, for_all: bool) -> None:
    """Composed with layers that were folded once, the bytes and warnings are those of composing all anew."""
    layers = sources_of(texts, for_all=for_all)
    content = ConfigContent.parse(own)
    under = Folded.of(layers).under(content)
    anew = compose([*layers, Source(OWN, content)])

    assert anew == under


@settings(max_examples=80)
@given(texts=_TEXTS, for_all=st.booleans())
def test_a_source_again_changes_nothing(texts: list[str], for_all: bool) -> None:
    """The highest one a second time, one without members, and the document itself in place of own content."""
    layers = sources_of(texts, for_all=for_all)
    once = compose(layers).content

    if len(layers) > 1:
        assert once == compose([*layers, layers[-1]]).content
    if json.loads(once.text):
        assert once == compose(layers, ConfigContent.parse("{ }")).content
    if not null_members(once):
        assert once == compose(layers, once).content


@settings(max_examples=80)
@given(texts=_TEXTS)
def test_members_are_written_as_in_the_highest_source(texts: list[str]) -> None:
    """Name, colon and value of each member that is no object."""
    text = compose(sources_of(texts, for_all=False)).content.text
    for member in members(text, 64):
        if isinstance(member.value, dict):
            continue
        spelled = [
            each[found.begin : found.value_end]
            for each in texts
            for found in members(each, 64)
            if found.name == member.name
        ]
        assert spelled[-1] == text[member.begin : member.value_end]


@settings(max_examples=80)
@given(texts=_TEXTS)
def test_warnings_are_the_nulls_that_find_nothing(texts: list[str]) -> None:
    """Without those nulls, the document has the same value, and there is no warning."""
    layers = sources_of(texts, for_all=False)
    found = compose(layers)
    kept = [json.loads(each) for each in texts]
    for warning in found.warnings:
        place = kept[int(warning.source.name.removeprefix("layer-"))]
        *path, name = warning.pointer.replace("~1", "\x01").replace("~0", "~").split("/")[1:]
        for step in path:
            place = place[step.replace("\x01", "/")]
        assert place.pop(name.replace("\x01", "/"), 0) is None
    clean = compose(sources_of([json.dumps(each) for each in kept], for_all=False))

    assert () == clean.warnings
    assert json.loads(found.content.text) == json.loads(clean.content.text)


def test_layers_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Composing for a further device reads its own content only, and decodes nothing."""
    lower = Folded.of(stack('{"a": {"b": 1}}', '{"a": {"c": 2}}'))
    own = ConfigContent.parse('{"a": {"d": 3}, "e": {"f": 4}}')
    read: list[str] = []
    look = json_members.spans

    def counted(text: str, **given: Any) -> Any:
        read.append(text)
        return look(text, **given)

    monkeypatch.setattr(composition, "spans", counted)
    monkeypatch.setattr(strict_json, "decode", None)

    assert '{"a": {"b": 1,"c": 2,"d": 3},"e": {"f": 4}}' == lower.under(own).content.text
    assert [own.text] == read


def test_what_was_folded_is_not_changed() -> None:
    """Own content of one device does not reach another's document."""
    lower = Folded.of(stack('{"a": {"b": 1}, "c": 1}'))
    one, other = (ConfigContent.parse(text) for text in ('{"a": {"b": null}, "c": null}', '{"d": 1}'))
    first = lower.under(other).content.text
    lower.under(one)

    assert '{"a": {"b": 1},"c": 1,"d": 1}' == first == lower.under(other).content.text
