"""Factoring flat documents into layers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings

from iotconfig.domain.documents.composition import Source, compose
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.null_members import null_members
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.layering.factoring import factor
from iotconfig.domain.layering.proposal import FactorOptions, FlatDevice, Proposal
from iotconfig.domain.layers.reach import Reach
from iotconfig.testing.builders import content
from tests.support.json_texts import any_value, made


def device(number: int, text: str, *tags: str, model: str | None = None) -> FlatDevice:
    return FlatDevice(f"00:00:00:00:00:{number:02x}", ConfigContent.parse(text), frozenset(tags), model)


def devices(*texts: str) -> list[FlatDevice]:
    return [device(number, text) for number, text in enumerate(texts)]


def layers(proposal: Proposal) -> list[tuple[str, int | None, str]]:
    return [(layer.name, layer.rank, layer.content.text) for layer in proposal.layers]


def own(proposal: Proposal) -> list[str]:
    return [each.own.text for each in proposal.devices]


def value(text: str) -> Any:
    """The value with numbers as they are written, by another decoder's hooks than the code's."""
    return json.loads(text, parse_int=lambda digits: (digits,), parse_float=lambda digits: (digits,))


def test_shared_members_move_into_a_layer_of_all_devices() -> None:
    """With the bytes that they have; what is left is the own content."""
    found = factor(devices(*(f'{{"limit":1.10,"name":"{n}","o":{{"a":1,"id":{n}}}}}' for n in range(5))))

    assert [("base", None, '{"limit":1.10,"o":{"a":1}}')] == layers(found)
    assert '{"name":"3","o":{"id":3}}' == own(found)[3]
    assert '{"limit":1.10,"o":{"a":1,"id":3},"name":"3"}' == found.devices[3].document.text
    assert not found.devices[3].is_byte_identical


def test_documents_that_are_alike_stay_byte_identical() -> None:
    """They become the layer as it stands, spaces included; nobody is told of a new document."""
    found = factor(devices(*['{\n  "a": 1,\n  "b": [ null ]\n}\n'] * 3))

    assert [("base", None, '{\n  "a": 1,\n  "b": [ null ]\n}\n')] == layers(found)
    assert 3 == found.byte_identical


def test_what_is_their_own_stays_byte_identical_behind_the_layer() -> None:
    """Where the members of the layer stand first, and there is no space between them."""
    found = factor(devices(*(f'{{"a": 1,"b": 2,"name": "{n}"}}' for n in range(3))))

    assert 3 == found.byte_identical


def test_outliers_are_listed() -> None:
    """A device that sets a member otherwise, that has another kind of value, that lacks it."""
    odd = [
        '{"a": 2, "o": {"x": 1}}',
        '{"a": 1, "o": 5}',
        '{"o": {}}',
        '{"a": {"b": 1}, "o": {"x": 1, "y": 1}}',
    ]
    found = factor(devices(*['{"a": 1, "o": {"x": 1}}'] * 16, *odd))

    assert [("base", None, '{"a": 1, "o": {"x": 1}}')] == layers(found)
    assert [("/a",), ("/o",), ("/a", "/o/x"), ("/a",)] == [each.outliers for each in found.devices[16:]]
    assert ['{"a": 2}', '{"o": 5}'] == own(found)[16:18]
    assert [{"o": {"x": None}, "a": None}, {"a": {"b": 1}, "o": {"y": 1}}] == list(
        map(json.loads, own(found)[18:])
    )
    assert () == found.devices[0].outliers


@pytest.mark.parametrize(("share", "text"), [(75, '{"a": 1}'), (76, None)])
def test_a_value_moves_up_where_the_share_of_devices_has_it(share: int, text: str | None) -> None:
    """Three of four."""
    found = factor(devices('{"a": 1}', '{"a": 1}', '{"a": 1}', '{"b": 2}'), FactorOptions(share=share))

    assert ([] if text is None else [("base", None, text)]) == layers(found)
    assert [] == list(found.unfit)


@pytest.mark.parametrize("share", [50, 101])
def test_a_share_that_is_no_majority_is_refused(share: int) -> None:
    """Two values of one member could both move up."""
    with pytest.raises(ValidationFailed, match="from 51 to 100 percent"):
        FactorOptions(share=share)


def test_models_and_tags_get_layers_of_their_own() -> None:
    """Above that of all devices: models by name, tags by the number of their devices."""
    given = [
        device(n, json.dumps({"all": 1, "model": f"m{n % 2}", "floor": n // 4, "n": n}), f"floor-{n // 4}", "x", model=f"m{n % 2}")
        for n in range(8)
    ]  # fmt: skip
    found = factor(given)

    assert [
        ("base", None, '{"all": 1}'),
        ("m0", None, '{"model": "m0"}'),
        ("m1", None, '{"model": "m1"}'),
        ("floor-0", 10, '{"floor": 0}'),
        ("floor-1", 20, '{"floor": 1}'),
    ] == layers(found)
    assert [f'{{"n": {n}}}' for n in range(8)] == own(found)
    assert [Reach("m0"), Reach(tags=["floor-1"])] == [found.layers[n].reach for n in (1, 4)]
    assert [8, 4, 4, 4, 4] == [layer.devices for layer in found.layers]


def test_a_layer_may_override_a_lower_one() -> None:
    """The value of most devices is below; that of a tag above it."""
    given = [device(n, '{"a": 1}') for n in range(8)] + [device(n, '{"a": 2}', "two") for n in (8, 9)]
    found = factor(given)

    assert [("base", None, '{"a": 1}'), ("two", 10, '{"a": 2}')] == layers(found)
    assert {"{}"} == set(own(found))
    assert 10 == found.byte_identical


def test_within_a_scope_layers_reach_its_tags() -> None:
    """And no other device: there is none for models or for all devices."""
    given = [
        device(n, f'{{"a": 1, "b": {n % 2}}}', "floor", "odd" if n % 2 else "even", model="m")
        for n in range(6)
    ]
    found = factor(given, FactorOptions(scope=("floor",), first_rank=500, taken=frozenset({"floor", "odd"})))

    assert [("floor-2", 500), ("even", 510), ("odd-2", 520)] == [(n, rank) for n, rank, _ in layers(found)]
    assert [("floor",), ("even", "floor"), ("floor", "odd")] == [layer.reach.tags for layer in found.layers]


def test_a_device_outside_of_the_scope_is_refused() -> None:
    """It would not be reached by the layers."""
    with pytest.raises(ValidationFailed, match="00:00:00:00:00:00 does not have the tag floor"):
        factor([device(0, "{}", "door")], FactorOptions(scope=("floor",)))
    with pytest.raises(ValidationFailed, match="8 tags at most"):
        FactorOptions(scope=tuple("abcdefghi"))


def test_a_device_with_a_null_that_a_layer_would_reach_is_unfit() -> None:
    """It is listed with the place: as own content the null would remove. Nulls in arrays are elements."""
    found = factor(devices(*['{"a": null, "b": 1, "l": [null]}'] * 4, '{"b": 1, "c": {"d": null}}'))
    alone = factor(devices(*['{"a": null}'] * 3))

    assert [("base", None, '{"b": 1, "l": [null]}')] == layers(found)
    assert ["/a.", "/c/d."] == [each.reason.rpartition(" ")[2] for each in found.unfit[-2:]]
    assert 5 == len(found.unfit)
    assert ([], 3) == (layers(alone), alone.byte_identical)


def test_names_of_layers_are_valid_and_unique() -> None:
    """Made of the tags."""
    tags = ["k:che._flur", "k-che-flur", "1.", "x" * 63]
    given = [device(n, f'{{"{tag}": 1}}', tag) for tag in tags for n in range(2)]
    names = [layer.name for layer in factor(given).layers]

    assert 4 == len(set(names))
    assert {"k-che-flur", "k-che-flur-2", "1", "x" * 63} == set(names)


def test_no_more_layers_than_there_may_be() -> None:
    """What is left stays own content."""
    given = [device(n, f'{{"a": 1, "b": {n // 2}}}', f"t{n // 2}") for n in range(8)]
    found = factor(given, FactorOptions(most_layers=2))

    assert ["base", "t0"] == [layer.name for layer in found.layers]
    assert ["{}", "{}", '{"b": 1}'] == own(found)[:3]


def test_numbers_are_compared_as_they_are_written() -> None:
    """A device that writes 1.10 keeps it beside those that write 1.1."""
    found = factor(devices(*['{"a": 1.1}'] * 5, '{"a": 1.10}'))

    assert '{"a": 1.10}' == found.devices[5].own.text == found.devices[5].document.text


def test_of_one_device_nothing_is_shared() -> None:
    """And of none."""
    assert ((), '{"a": 1}') == (factor(devices('{"a": 1}')).layers, own(factor(devices('{"a": 1}')))[0])
    assert Proposal((), (), ()) == factor([])


_NAMES = ["a", "b", "c", "__proto__", ""]
_LEAVES: list[object] = [None, True, 1, 1.5, "x", [], [None], {}]


def _fleet(random: Random, size: int) -> list[FlatDevice]:
    """Devices that are like one another in most members."""
    pattern = {name: any_value(random, _NAMES, _LEAVES, 4) for name in random.sample(_NAMES, min(size, 4))}
    found = []
    for number in range(random.randint(0, 7)):
        changed = dict(pattern)
        for _ in range(random.randrange(3)):
            changed[random.choice(_NAMES)] = any_value(random, _NAMES, _LEAVES, 3)
        for name in random.sample(sorted(changed), random.randrange(2) if changed else 0):
            del changed[name]
        text = json.dumps(changed, separators=random.choice([(",", ":"), (", ", ": ")]))
        tags = random.sample(["red", "green", "blue"], random.randrange(3))
        found.append(device(number, text, *tags, model=random.choice([None, "lamp", "door"])))
    return found


def _reaching(found: Proposal, given: FlatDevice) -> list[Source]:
    return [
        Source(layer.name, layer.content, keeps_nulls=layer.reaches_all)
        for layer in found.layers
        if layer.reaches(given)
    ]


@settings(max_examples=200)
@given(fleet=made(_fleet))
def test_every_document_keeps_its_value(fleet: Sequence[FlatDevice]) -> None:
    """Composed of what is proposed, and while it is stored. Without nulls, no device is unfit."""
    found = factor(fleet)
    given = {each.mac_address: each for each in fleet}

    assert len(fleet) == len(found.devices) + len(found.unfit)
    assert all(null_members(given[each.mac_address].content) for each in found.unfit)
    for each in found.devices:
        flat = given[each.mac_address]
        layers = _reaching(found, flat)
        document = compose(layers, each.own).content
        assert each.document == document
        assert value(flat.content.text) == value(document.text)
        assert each.is_byte_identical == (flat.content.text == document.text)
        for count in range(len(layers) + 1):
            below = [*layers[:count], *(evolve(layer, content=content("{}")) for layer in layers[count:])]
            meanwhile = compose(below, each.guarded or flat.content).content
            assert value(flat.content.text) == value(meanwhile.text)
