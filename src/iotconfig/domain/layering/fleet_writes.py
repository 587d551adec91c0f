"""The writes of factoring and flattening, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from attrs import evolve, field, frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layers.layer import Layer, LayerDefinition

from .edits import CreateLayer, DeleteLayer, PutLayer
from .fleet import Fleet, FleetConfig
from .use_cases import LayerUseCases

EMPTY: Final = ConfigContent.parse("{}")
"""The document of a layer that reaches devices and sets nothing."""

OnStored = Callable[[str, str], None]
"""Receives what was stored, in words, and the id of its change."""


def ignore(_what: str, _change: str) -> None:
    """Ignore what was stored."""


@frozen
class Writes:
    """Stores layers and own contents, each at the revision that is known, and says so."""

    fleet: Fleet
    layers: LayerUseCases
    note: ChangeNote
    on_stored: OnStored
    _revisions: dict[str, int] = field(factory=dict)
    """The revisions of layers, by their names."""

    def know(self, layers: Sequence[Layer]) -> None:
        """Take these layers to be stored as they are."""
        self._revisions.update((layer.name, layer.revision) for layer in layers)

    def put(self, name: str, definition: LayerDefinition) -> None:
        """Store a layer: a new one, unless its revision is known. Raises what `LayerUseCases.write` does."""
        known = self._revisions.get(name)
        edit = (
            CreateLayer(name, definition)
            if known is None
            else PutLayer(name, definition, Precondition(one_of={known}))
        )
        written = self.layers.write(edit, self.note)
        if written.change is not None:
            self._revisions[name] = written.changes[0].layer.revision
            self.on_stored(f"layer {name}", written.change)

    def delete(self, name: str) -> None:
        """Delete a layer whose revision is known. Raises what `LayerUseCases.write` does."""
        known = Precondition(one_of={self._revisions[name]})
        written = self.layers.write(DeleteLayer(name, known), self.note)
        if written.change is not None:
            self.on_stored(f"layer {name} deleted", written.change)

    def replace(self, contents: Sequence[tuple[FleetConfig, ConfigContent]]) -> list[FleetConfig]:
        """Replace own contents, all or none; return the configs as they are then. Raises as `Fleet.replace` does."""
        change = self.fleet.replace(contents, self.note)
        count = sum(content != config.content for config, content in contents)
        if change is not None:
            self.on_stored(f"own content of {count} device{'' if count == 1 else 's'}", change)
        return [
            evolve(config, content=content, revision=config.revision + (content != config.content))
            for config, content in contents
        ]
