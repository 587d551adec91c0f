"""The edits of layers, one by one, in an order in which no two layers ever tie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.layering.edits import DeleteLayer, LayersEdit, OrderLayers, PutLayer
from iotconfig.domain.layers.layer import Layer, LayerDefinition
from iotconfig.domain.layers.reach import ReachKind

from .difference import Action, Difference
from .tree import Tree

Place = tuple[ReachKind, int, str]


def layer_edits(
    differences: list[Difference], tree: Tree, present: Mapping[str, Layer]
) -> Iterator[tuple[str, LayersEdit]]:
    """Yield the edits that settle differences of layers, each with the name of the layer that it is for.

    A layer whose place is taken waits until the other one has left it. Layers of tags that wait for each other exchange
    their ranks in one edit. Where other layers wait for each other, one is deleted, and made again at its new place.

    present: the layers as the plan found them; an edit is refused where a layer has changed since.
    """
    definitions = {name: layer.definition for name, layer in present.items()}
    only = {name: Precondition(one_of=frozenset({layer.revision})) for name, layer in present.items()}
    waiting = {each.name: tree.layers[each.name] for each in differences if each.action is not Action.REMOVE}
    leaving = [each.name for each in differences if each.action is Action.REMOVE]

    def put(name: str) -> PutLayer:
        definitions[name] = waiting.pop(name)
        return PutLayer(name, definitions[name], only.get(name, Precondition(exists=False)))

    def delete(name: str) -> DeleteLayer:
        del definitions[name]
        return DeleteLayer(name, only.pop(name))

    while waiting:
        taken = {place_of(definition): name for name, definition in definitions.items()}
        holders = {name: taken.get(place_of(wanted), name) for name, wanted in waiting.items()}
        free = next((name for name, holder in holders.items() if holder == name), None)
        if free is not None:
            yield free, put(free)
        elif leaving:
            name = leaving.pop()
            yield name, delete(name)
        else:
            circle = _circle(holders)
            if all(definitions[name].rank is not None for name in circle):
                ranks = {name: definitions[holders[name]].rank for name in circle}
                definitions |= {name: evolve(definitions[name], rank=rank) for name, rank in ranks.items()}
                for name in circle:
                    # They have other revisions now, which the service gave them.
                    only[name] = Precondition(exists=True)
                yield circle[0], OrderLayers(_ordered(definitions))
            else:
                yield circle[0], delete(circle[0])
    for name in leaving:
        yield name, delete(name)


def place_of(definition: LayerDefinition) -> Place:
    """What two layers cannot share: all devices, a model, or a rank."""
    return definition.reach.kind, definition.rank or 0, definition.reach.model or ""


def _circle(holders: Mapping[str, str]) -> list[str]:
    """Layers of which each wants the place of the next, and the last one that of the first."""
    way = [next(iter(holders))]
    while (holder := holders[way[-1]]) not in way:
        way.append(holder)
    return way[way.index(holder) :]


def _ordered(definitions: Mapping[str, LayerDefinition]) -> list[str]:
    ranked = [name for name, definition in definitions.items() if definition.rank is not None]
    return sorted(ranked, key=lambda name: definitions[name].rank or 0)
