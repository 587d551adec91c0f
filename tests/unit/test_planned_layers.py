"""Layers of a tree: the differences, and edits in an order in which no two layers tie."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest
from attrs import evolve

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layering.edits import DeleteLayer, OrderLayers, PutLayer
from iotconfig.domain.layers.layer import Layer, LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING, Reach
from iotconfig.domain.planning.fleet import Fleet
from iotconfig.domain.planning.layer_steps import layer_edits, place_of
from iotconfig.domain.planning.managed import Managed, Patterns
from iotconfig.domain.planning.plan import Plan, plan_of
from iotconfig.domain.planning.tree import Tree
from iotconfig.testing.builders import content
from iotconfig.testing.clocks import START


def tagged(rank: int, document: ConfigContent | None = None, *, enabled: bool = True) -> LayerDefinition:
    return LayerDefinition(document or content(), Reach(tags=["hall"]), rank, enabled)


def of_model(model: str) -> LayerDefinition:
    return LayerDefinition(content(), Reach(model=model))


FLEET_LAYER = LayerDefinition(content('{"a":1}'), EVERYTHING)


def fleet(**layers: LayerDefinition) -> Fleet:
    """A fleet with these layers, at revision 3."""
    made = {
        name: Layer(name=name, definition=definition, revision=3, created_at=START, updated_at=START)
        for name, definition in layers.items()
    }
    return Fleet(7, {}, {}, made)


def tree(managed: str = "*", **layers: LayerDefinition) -> Tree:
    """A tree with these layers."""
    return Tree({}, None, Managed(layers=Patterns.of([managed])), layers)


def shown(plan: Plan) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.action.value, each.name, each.what) for each in plan.differences]


def test_layers_that_differ_are_added_and_changed() -> None:
    """With what changes; a document that differs in line ends only is the same."""
    present = fleet(base=FLEET_LAYER, hall=tagged(1), same=tagged(9))
    wanted = tree(
        base=evolve(FLEET_LAYER, content=content('{"a":1}\n')),
        hall=LayerDefinition(content('{"b":1}'), Reach(tags=["attic"]), 2, enabled=False),
        same=tagged(9),
        new=tagged(7),
    )

    assert [("change", "hall", ("content", "reaches", "rank", "enabled")), ("add", "new", ())] == shown(
        plan_of(wanted, present)
    )


def test_only_layers_that_the_tree_manages_are_removed() -> None:
    """And only where the plan prunes."""
    present = fleet(base=FLEET_LAYER, hall=tagged(1))

    assert ([], 1) == (shown(plan_of(tree("h*"), present)), plan_of(tree("h*"), present).left)
    assert [("remove", "hall", ())] == shown(plan_of(tree("h*"), present, prunes=True))


@pytest.mark.parametrize(
    ("wanted", "prunes", "refused"),
    [
        (tree("x*", other=FLEET_LAYER), False, 'The layers "base" and "other" would both reach all devices'),
        (tree("*", other=FLEET_LAYER), False, "would both reach all devices"),
        (tree("*", other=FLEET_LAYER), True, ""),
        (tree("*", one=tagged(5), two=tagged(5)), False, 'The layers "one" and "two" would both have rank 5'),
        (tree("*", **{f"l{n}": tagged(n) for n in range(1, 202)}), True, "There are at most 200 layers"),
    ],
)  # fmt: skip
def test_layers_that_cannot_be_together_are_refused(wanted: Tree, prunes: bool, refused: str) -> None:
    """Also those of the fleet that the tree does not have, and that stay."""
    found = [
        f"{each.place}: {each.error}"
        for each in plan_of(wanted, fleet(base=FLEET_LAYER), prunes=prunes).refused
    ]

    assert bool(refused) == bool(found)
    assert all(each.startswith("layers: ") and refused in each for each in found)


def applied(present: Fleet, wanted: Tree) -> Iterator[dict[str, LayerDefinition]]:
    """The layers after each edit. No two of them ever tie."""
    layers = {name: layer.definition for name, layer in present.layers.items()}
    plan = plan_of(wanted, present, prunes=True)
    assert plan.refused == ()
    for _, edit in layer_edits([*plan.differences], wanted, present.layers):
        match edit:
            case PutLayer(name, definition, only):
                assert only.allows(None if name not in layers else 3)
                layers[name] = definition
            case DeleteLayer(name):
                del layers[name]
            case OrderLayers(names):
                ranks = sorted(layers[name].rank or 0 for name in names)
                assert {name for name, each in layers.items() if each.rank is not None} == set(names)
                for name, rank in zip(names, ranks, strict=True):
                    layers[name] = evolve(layers[name], rank=rank)
            case _:
                pytest.fail(f"an unexpected edit: {edit}")
        places = [place_of(definition) for definition in layers.values()]
        assert len(places) == len(set(places))
        yield dict(layers)


@pytest.mark.parametrize("order", list(permutations([1, 2, 3, 4])))
def test_layers_take_any_order(order: tuple[int, ...]) -> None:
    """Whatever waits for whatever: at the end, all are as the tree says."""
    names = ["a", "b", "c", "d"]
    present = fleet(**{name: tagged(number) for number, name in enumerate(names, 1)}, low=tagged(9))
    moved = {name: tagged(number, content('{"x":1}')) for name, number in zip(names, order, strict=True)}
    wanted = evolve(tree(), layers=moved | {"low": tagged(9)})

    *_, last = applied(present, wanted)

    assert last == wanted.layers


def test_layers_exchange_their_ranks_in_one_edit() -> None:
    """Between, no device is without one of them."""
    present = fleet(a=tagged(1), b=tagged(2), c=tagged(3))
    wanted = tree(a=tagged(2), b=tagged(1), c=tagged(3))

    plan = plan_of(wanted, present)
    first, *_ = layer_edits([*plan.differences], wanted, present.layers)

    assert OrderLayers(["b", "a", "c"]) == first[1]


def test_a_layer_leaves_its_place_first() -> None:
    """One that is removed, where another one takes its place; layers of models and the fleet layer that exchange theirs."""
    present = fleet(base=FLEET_LAYER, lamp=of_model("lamp"), old=tagged(5))
    wanted = tree(base=of_model("lamp"), lamp=FLEET_LAYER, new=tagged(5))

    *_, last = applied(present, wanted)

    assert last == wanted.layers
