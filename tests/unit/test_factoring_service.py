"""Factoring a fleet that is stored, and flattening it: at each moment, each device is served the value that it had."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from iotconfig.adapters.memory.store import MemoryStore
from iotconfig.domain.configs.adopting import AdoptionService
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Replace
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import ChangedSince, OtherBytes, Unprocessable, ValidationFailed
from iotconfig.domain.layering.edits import CreateLayer, PutLayer
from iotconfig.domain.layering.factoring_service import FactoringService
from iotconfig.domain.layering.flattening import FlatteningService
from iotconfig.domain.layering.fleet import Fleet
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING, Reach
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.model import ModelRules
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.contracts.models import model, record_model
from tests.support.json_texts import any_value, made

LIKE = '{"a": 1,"o": {"x": 1.10},"name": "%s"}'
ODD = '{"a": 2, "o": {}, "name": "odd"}'
"""It lacks what others have inside of an object, so that its own content needs a null."""


class House:
    """The use cases on a store in memory."""

    def __init__(self, *texts: str) -> None:
        self.store, clock = MemoryStore(), SteppingClock()
        self.configs = ConfigService(self.store, clock)
        self.tags = TagService(self.store, clock)
        self.layers = LayerService(self.store, clock)
        self.fleet = Fleet(self.configs, BulkService(self.store, clock))
        self.factoring = FactoringService(self.fleet, self.layers)
        self.flattening = FlatteningService(self.fleet, self.layers)
        for number, text in enumerate(texts, 1):
            self.configs.create(mac(number), content(text))

    def tag(self, number: int, *tags: str) -> None:
        if tags:
            self.tags.edit(mac(number), LabelEdit(add=tags))

    def own(self) -> list[str]:
        return [config.content.text for config in self.fleet.read([])]

    def replace(self, number: int, text: str) -> None:
        self.configs.edit(self.configs.get_by_mac(mac(number)).id, Replace(content(text)))

    def served(self) -> dict[str, str]:
        """What the devices are served."""
        devices = [config.mac_address for config in self.fleet.read([])]
        return {each: self.configs.document(MacAddress.parse(each)).body.decode() for each in devices}


def values(served: dict[str, str]) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in served.items()}


def _watched(house: House) -> tuple[list[str], Callable[[str, str], None]]:
    """What is stored, with a check of what is served after each write."""
    before, stored = values(house.served()), list[str]()

    def on_stored(what: str, _change: str) -> None:
        stored.append(what)
        assert before == values(house.served()), what

    return stored, on_stored


def test_shared_members_move_into_layers() -> None:
    """The layers are stored first: until a device's own content is replaced, it wins."""
    house = House(*(LIKE % n for n in range(5)))
    house.tag(1, "floor")
    stored, on_stored = _watched(house)
    plan = house.factoring.plan()
    assert [] == list(house.layers.all())
    house.factoring.store(plan, 0, on_stored=on_stored)

    assert ["layer base", "own content of 5 devices"] == stored
    assert ['{"a": 1,"o": {"x": 1.10}}'] == [layer.content.text for layer in house.layers.all()]
    assert ['{"name": "0"}', '{"name": "1"}'] == house.own()[:2]


def test_a_device_that_lacks_a_member_has_its_null_before_a_layer_has_the_member() -> None:
    """The layers are empty at first, because a null is no value where a layer reaches."""
    house = House(*(LIKE % n for n in range(5)), ODD)
    stored, on_stored = _watched(house)
    plan = house.factoring.plan()
    house.factoring.store(plan, plan.other_bytes, on_stored=on_stored)

    assert ["layer base", "own content of 1 device", "layer base", "own content of 5 devices"] == stored
    assert {"a": 2, "o": {"x": None}, "name": "odd"} == json.loads(house.own()[5])


def test_within_a_scope() -> None:
    """Other devices keep what they have, and layers of others stay."""
    house = House(*['{"a": 1}'] * 4)
    house.tag(1, "floor")
    house.tag(2, "floor")
    house.tag(3, "door")
    definition = LayerDefinition(content('{"b": 1}'), Reach(tags=["door"]), 25)
    house.layers.write(CreateLayer("door", definition))
    _, on_stored = _watched(house)
    house.factoring.store(house.factoring.plan(["floor"], share=100), 0, on_stored=on_stored)

    assert [("door", 25), ("floor", 30)] == [(layer.name, layer.rank) for layer in house.layers.all()]
    assert ["{}", "{}", '{"a": 1}', '{"a": 1}'] == house.own()


def test_models_have_layers() -> None:
    """Of the devices that have the same model."""
    house = House(*(f'{{"a": 1,"m": "{kind}"}}' for kind in ("lamp", "lamp", "door", "door")))
    record_model(house.store, model("lamp", ModelRules()))
    for number in (1, 2):
        house.tags.edit(mac(number), LabelEdit(model="lamp"))
    _, on_stored = _watched(house)
    house.factoring.store(house.factoring.plan(), 0, on_stored=on_stored)

    assert [Reach(), Reach("lamp")] == [layer.reach for layer in house.layers.all()]
    assert ["{}", "{}", '{"m": "door"}', '{"m": "door"}'] == house.own()


def test_another_number_of_accepted_bytes_is_refused() -> None:
    """Nothing is stored."""
    house = House(*(f'{{ "n": {n}, "a": 1 }}' for n in range(3)))
    plan = house.factoring.plan()

    assert 3 == plan.other_bytes
    with pytest.raises(OtherBytes, match="served other bytes is 3, not 2 as accepted"):
        house.factoring.store(plan, 2)
    assert [] == list(house.layers.all())


def test_an_unfit_device_is_refused() -> None:
    """Its null would be no value."""
    house = House(*['{"a": 1}'] * 4, '{"a": 1, "b": null}')

    with pytest.raises(Unprocessable, match=r"1 devices would not keep their value.*nulls: /b"):
        house.factoring.store(house.factoring.plan(), 0)
    assert [] == list(house.layers.all())


def test_a_config_that_is_changed_meanwhile_is_refused() -> None:
    """No own content is replaced; the layers that were stored change no value."""
    house = House(*['{"a": 1}'] * 3)
    plan = house.factoring.plan()
    house.replace(2, '{"a": 2}')
    _, on_stored = _watched(house)

    with pytest.raises(ChangedSince, match="1 of 3 configs cannot be replaced"):
        house.factoring.store(plan, 0, on_stored=on_stored)
    assert ['{"a": 1}', '{"a": 2}', '{"a": 1}'] == house.own()


def test_devices_that_layers_reach_are_refused() -> None:
    """They are no flat documents."""
    house = House('{"a": 1}', '{"a": 1}')
    house.layers.write(CreateLayer("base", LayerDefinition(content("{}"), EVERYTHING)))

    with pytest.raises(Unprocessable, match="Layers reach 2 of these devices already"):
        house.factoring.plan()


def test_a_place_that_a_disabled_layer_has_is_refused() -> None:
    """Two layers cannot reach all devices. A disabled layer of tags is in nobody's way but for its name."""
    house = House('{"a": 1}', '{"a": 1}')
    for name, reach, rank in (("fleet", EVERYTHING, None), ("floor", Reach(tags=["floor"]), 7)):
        house.layers.write(CreateLayer(name, LayerDefinition(content("{}"), reach, rank, enabled=False)))

    with pytest.raises(Unprocessable, match='The layer "fleet", which is disabled, is for all devices'):
        house.factoring.plan()
    house.tag(1, "floor")
    house.tag(2, "floor")
    assert [("floor-2", 10)] == [(p.name, p.rank) for p in house.factoring.plan(["floor"]).proposal.layers]


def test_a_share_is_refused_as_the_options_do() -> None:
    """Before anything is read."""
    with pytest.raises(ValidationFailed, match="percent"):
        House().factoring.plan(share=12)


def test_flattened_devices_are_served_the_same_bytes() -> None:
    """The documents become own content; then no layer is needed."""
    house = House(*(LIKE % n for n in range(5)), ODD)
    plan = house.factoring.plan()
    house.factoring.store(plan, plan.other_bytes)
    before = house.served()
    stored, on_stored = _watched(house)
    trial = house.flattening.flatten(on_stored=on_stored, dry_run=True)
    assert ([], ["base"]) == (stored, [layer.name for layer in house.layers.all()])
    found = house.flattening.flatten(on_stored=on_stored)

    assert [
        "own content of 6 devices",
        "layer base",
        "own content of 1 device",
        "layer base deleted",
    ] == stored
    assert (6, ("base",)) == (found.devices, found.layers) == (trial.devices, trial.layers)
    assert list(before.values()) == house.own()
    assert before == house.served()


def test_a_device_that_layers_alone_serve_gets_content() -> None:
    """Its last layer could not be deleted otherwise. Factoring has nothing to take from it."""
    house = House("{}")
    house.layers.write(CreateLayer("base", LayerDefinition(content('{ "a": 1 }'), EVERYTHING)))
    AdoptionService(house.store, SteppingClock()).add(mac(2))
    assert [str(mac(1))] == [each.mac_address for each in house.fleet.read([])]
    found = house.flattening.flatten()

    assert (2, ("base",)) == (found.devices, found.layers)
    assert ['{ "a": 1 }'] * 2 == house.own()


def test_several_layers_are_flattened_from_the_highest() -> None:
    """Own content has nulls for what the lower ones make when the higher ones are gone."""
    house = House("{}", '{"o": {"y": 1}}', "{}")
    house.tag(2, "floor")
    house.layers.write(CreateLayer("base", LayerDefinition(content('{"o": {"x": 1}, "p": 1}'), EVERYTHING)))
    house.layers.write(CreateLayer("floor", LayerDefinition(content('{"o": 5}'), Reach(tags=["floor"]), 1)))
    house.replace(1, '{"o": null, "p": null}')
    before = house.served()
    stored, on_stored = _watched(house)
    house.flattening.flatten(on_stored=on_stored)

    assert ["layer floor deleted", "layer base deleted"] == stored[-2:]
    assert {"{}", '{"o": {"y": 1},"p": 1}', '{"o": {"x": 1}, "p": 1}'} == set(house.own())
    assert before == house.served()


def test_flattened_by_tag_the_layers_stay() -> None:
    """Other devices need them."""
    house = House("{}", "{}")
    house.tag(1, "floor")
    house.layers.write(CreateLayer("base", LayerDefinition(content('{ "a": 1 }'), EVERYTHING)))
    found = house.flattening.flatten(["floor"])

    assert (1, ()) == (found.devices, found.layers)
    assert ['{ "a": 1 }', "{}"] == house.own()
    assert ["base"] == [layer.name for layer in house.layers.all()]


def test_a_document_with_a_null_cannot_be_flattened() -> None:
    """As own content it would remove, until the layers are deleted."""
    house = House('{"b": 1}')
    house.layers.write(CreateLayer("base", LayerDefinition(content('{"a": null}'), EVERYTHING)))

    with pytest.raises(Unprocessable, match=str(mac(1))):
        house.flattening.flatten()
    house.layers.write(PutLayer("base", LayerDefinition(content('{"a": 0}'), EVERYTHING)))
    assert 1 == house.flattening.flatten().devices
    assert ['{"a": 0,"b": 1}'] == house.own()


def test_contents_of_more_than_a_page_are_read() -> None:
    """With their revisions."""
    house = House(*['{"a": 1}'] * 1001)

    assert 1001 == len(house.factoring.plan().configs)
    assert ConfigContent.parse("{}") == house.factoring.plan().proposal.devices[-1].own


_NAMES = ["a", "b", "c"]
_LEAVES: list[object] = [None, True, 1.5, "x", [None], {}]


def _text(random: Random, leaves: list[object]) -> str:
    found = {random.choice(_NAMES): any_value(random, _NAMES, leaves, 3) for _ in range(random.randint(0, 3))}
    return json.dumps(found)


def _fleet(random: Random, _size: int) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
    """The documents of layers, the lowest for all devices and without nulls, and own contents with tags."""
    layers = [_text(random, _LEAVES[1:]), *(_text(random, _LEAVES) for _ in range(random.randint(0, 3)))]
    devices = [
        (_text(random, _LEAVES), tuple(random.sample(["t1", "t2", "t3"], random.randint(0, 3))))
        for _ in range(3)
    ]
    return layers, devices


@settings(max_examples=60)
@given(fleet=made(_fleet))
def test_any_fleet_is_flattened(fleet: tuple[list[str], list[tuple[str, tuple[str, ...]]]]) -> None:
    """The values stay at each moment, and the bytes in the end; without layers, own content has no null."""
    texts, devices = fleet
    house = House(*["{}"] * len(devices))
    for number, (_, tags) in enumerate(devices, 1):
        house.tag(number, *tags)
    for rank, text in enumerate(texts):
        reach = Reach(tags=[f"t{rank}"]) if rank else EVERYTHING
        definition = LayerDefinition(content(text), reach, rank or None)
        house.layers.write(CreateLayer(f"layer-{rank}", definition))
    for number, (text, _) in enumerate(devices, 1):
        house.replace(number, text)
    before = house.served()
    _, on_stored = _watched(house)
    house.flattening.flatten(on_stored=on_stored)

    assert before == house.served()
    assert [] == list(house.layers.all())
    assert list(before.values()) == house.own()
