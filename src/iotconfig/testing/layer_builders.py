"""Layers for tests."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from iotconfig.domain.change_notes import UNSIGNED, ChangeNote, Operation
from iotconfig.domain.configs.store import Store
from iotconfig.domain.layers.layer import Layer, LayerDefinition
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.revisions import LayerChange
from iotconfig.testing.builders import content
from iotconfig.testing.clocks import step


def layer(
    name: str,
    rank: int | None = None,
    *,
    tags: Iterable[str] = (),
    not_tags: Iterable[str] = (),
    model: str | None = None,
    text: str = "{}",
    enabled: bool = True,
    revision: int = 1,
) -> Layer:
    """Return a layer at its first revision: of tags where `tags` names some, of a model, or the fleet layer."""
    return Layer(
        name=name,
        definition=LayerDefinition(content(text), Reach(model, tags, not_tags), rank, enabled),
        revision=revision,
        created_at=step(0),
        updated_at=step(0),
    )


def creation(made: Layer) -> LayerChange:
    """Return the change that makes a layer."""
    return LayerChange(Operation.CREATE, made)


def change_of(before: Layer, definition: LayerDefinition, at: int = 1) -> LayerChange:
    """Return the change that gives a layer another definition at a step of the clock."""
    return LayerChange(Operation.UPDATE, before.changed(definition, before.revision + 1, step(at)))


def deletion_of(before: Layer, at: int = 1) -> LayerChange:
    """Return the deletion of a layer at a step of the clock."""
    gone = before.changed(before.definition, before.revision + 1, step(at))
    return LayerChange(Operation.DELETE, gone)


def with_rank(before: Layer, rank: int | None) -> LayerDefinition:
    """Return the definition of a layer with another rank."""
    return evolve(before.definition, rank=rank)


def record_layers(store: Store, *changes: LayerChange, note: ChangeNote = UNSIGNED) -> str:
    """Store changes of layers as one write, and return its id."""
    with store.writing() as work:
        work.layers.lock()
        return work.layers.record(changes, note, changes[0].layer.updated_at)
