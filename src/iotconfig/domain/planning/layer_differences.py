"""The layers of a tree compared with those of a fleet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.documents.line_ends import is_same
from iotconfig.domain.errors import PlaceTaken, Unprocessable
from iotconfig.domain.layers.layer import Layer, LayerDefinition
from iotconfig.domain.layers.rules import check_together

from .difference import Action, Difference, Kind
from .fleet import Fleet
from .tree import Tree

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def layer_differences(tree: Tree, fleet: Fleet) -> Iterator[Difference]:
    """Yield the layers that are new or another in the tree."""
    for name in sorted(tree.layers):
        present = fleet.layers.get(name)
        if present is None:
            yield Difference(Kind.LAYER, name, Action.ADD)
        elif words := tuple(_words(present.definition, tree.layers[name])):
            yield Difference(Kind.LAYER, name, Action.CHANGE, words)


def gone_layers(tree: Tree, fleet: Fleet) -> Iterator[Difference]:
    """Yield the layers that the tree manages and does not have."""
    for name in sorted(fleet.layers):
        if name not in tree.layers and tree.managed is not None and tree.managed.layers.takes(name):
            yield Difference(Kind.LAYER, name, Action.REMOVE)


def refused_layers(tree: Tree, fleet: Fleet, *, prunes: bool) -> Iterator[BulkRefusal]:
    """Yield why the layers of the tree, and those of the fleet that stay, cannot be together."""
    gone = {each.name for each in gone_layers(tree, fleet)} if prunes else set()
    definitions = {name: layer.definition for name, layer in fleet.layers.items() if name not in gone}
    definitions |= tree.layers
    try:
        check_together(_layer(name, definition) for name, definition in definitions.items())
    except (PlaceTaken, Unprocessable) as error:
        yield BulkRefusal("layers", error)


def _layer(name: str, definition: LayerDefinition) -> Layer:
    return Layer(name=name, definition=definition, revision=1, created_at=_NEVER, updated_at=_NEVER)


def _words(before: LayerDefinition, after: LayerDefinition) -> Iterator[str]:
    if not is_same(before.content.text, after.content.text):
        yield "content"
    if before.reach != after.reach:
        yield "reaches"
    if before.rank != after.rank:
        yield "rank"
    if before.enabled != after.enabled:
        yield "enabled"
