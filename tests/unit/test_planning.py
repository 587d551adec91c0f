"""Plans: a tree compared with a fleet, and what of it is refused."""

from __future__ import annotations

import pytest
from attrs import evolve

from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING
from iotconfig.domain.planning.difference import Action, Difference, Kind
from iotconfig.domain.planning.fleet import Fleet
from iotconfig.domain.planning.managed import EVERY_NAME, Managed, Patterns
from iotconfig.domain.planning.plan import Plan, plan_of
from iotconfig.domain.planning.tree import Tree
from iotconfig.testing.builders import content, mac

FLEET = Fleet(7, {mac(1): '{"a":1}', mac(2): '{"b":2}'}, {mac(1): Labels(["hall"], "left")})


def shown(plan: Plan) -> list[tuple[str, str, tuple[str, ...]]]:
    """The differences, with the last digits of the device."""
    return [(each.action.value, f"{each.kind}{each.name[-1]}", each.what) for each in plan.differences]


def test_documents_that_differ_are_added_and_changed() -> None:
    """A document that differs in its last line end only is the same."""
    tree = Tree({mac(1): content('{"a":1}\n'), mac(2): content('{"b":3}'), mac(3): content()})

    assert [("change", "device2", ()), ("add", "device3", ())] == shown(plan_of(tree, FLEET))


def test_labels_are_compared_where_the_tree_has_some() -> None:
    """A device of the tree that its labels do not name has none; without labels in the tree, all stay."""
    documents = {mac(1): content('{"a":1}'), mac(2): content('{"b":2}')}

    assert [] == shown(plan_of(Tree(documents), FLEET))
    assert [("change", "labels1", ("-hall", "note"))] == shown(plan_of(Tree(documents, {}), FLEET))
    given = {mac(1): Labels(["attic", "hall"], "left"), mac(2): Labels(["attic"])}
    assert [("change", "labels1", ("+attic",)), ("add", "labels2", ("+attic",))] == shown(
        plan_of(Tree(documents, given), FLEET)
    )


def test_labels_of_a_device_that_only_the_fleet_has_are_compared_too() -> None:
    """Its document may be kept elsewhere."""
    assert [("change", "labels1", ("note", "model lamp"))] == shown(
        plan_of(Tree({}, {mac(1): Labels(["hall"], "right", "lamp")}), FLEET)
    )


def test_labels_of_an_unknown_device_are_refused() -> None:
    """Neither the tree nor the fleet has it."""
    (refusal,) = plan_of(Tree({}, {mac(9): Labels(["hall"])}), FLEET).refused

    assert "tags.json" == refusal.place
    assert str(refusal.error) == (
        "Device 02:00:00:00:00:09 was not found: give it a file in devices, remove its labels, or let layers serve it "
        "('iotconfig adopt 02:00:00:00:00:09')."
    )


def test_labels_of_a_device_that_layers_alone_serve_are_known() -> None:
    """It has no file in the tree, and is in the fleet."""
    fleet = evolve(FLEET, without_content=frozenset([mac(9)]))

    assert () == plan_of(Tree({}, {mac(9): Labels(["hall"])}), fleet).refused


def test_only_what_the_tree_manages_is_removed() -> None:
    """And only where the plan prunes; otherwise it is counted."""
    tree = Tree({}, None, Managed(devices=Patterns.of(["020000000002", "03*"])))

    kept, pruned = plan_of(tree, FLEET), plan_of(tree, FLEET, prunes=True)

    assert ((), 1) == (kept.differences, kept.left)
    assert ((Difference(Kind.DEVICE, str(mac(2)), Action.REMOVE),), 0) == (pruned.differences, pruned.left)
    assert 1 == pruned.removed


def test_pruning_needs_to_know_what_the_tree_manages() -> None:
    """Otherwise, a part of a fleet in files would remove all others."""
    with pytest.raises(ValidationFailed, match=r"does not say what it manages.*add managed\.json"):
        plan_of(Tree({}), FLEET, prunes=True)


def test_a_digest_is_of_the_position_the_tree_and_pruning() -> None:
    """Each of them makes another one; the same plan has the same."""
    tree = Tree({mac(1): content('{"a":1}')}, {mac(1): Labels(["x"])}, Managed(devices=EVERY_NAME))
    plans = [
        plan_of(tree, FLEET),
        plan_of(tree, FLEET, prunes=True),
        plan_of(tree, evolve(FLEET, position=8)),
        plan_of(evolve(tree, devices={mac(1): content('{"a": 1}')}), FLEET),
        plan_of(evolve(tree, labels={mac(1): Labels(["y"])}), FLEET),
        plan_of(evolve(tree, labels=None), FLEET),
        plan_of(evolve(tree, managed=None), FLEET),
        plan_of(evolve(tree, layers={"base": LayerDefinition(content(), EVERYTHING)}), FLEET),
    ]

    assert len(plans) == len({plan.digest for plan in plans})
    assert plan_of(tree, FLEET).digest == plans[0].digest


def test_patterns() -> None:
    """A star stands for any end of a name."""
    patterns = Patterns.of(["lamp", "floor-*"])

    taken = [name for name in ("lamp", "lamps", "floor-", "floor-3", "floor") if patterns.takes(name)]
    assert ["lamp", "floor-", "floor-3"] == taken
    assert ["floor-*", "lamp"] == patterns.spelled()
    assert not Patterns().takes("")
    assert EVERY_NAME.takes("anything")
