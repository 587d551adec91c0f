"""Layers over one state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.change_log import logged_layer
from iotconfig.domain.layers.layer import Layer, LayerSummary
from iotconfig.domain.layers.revisions import (
    ChangedLayer,
    LayerChange,
    LayerHistoryPage,
    LayerHistoryQuery,
    LayerRevision,
    changed_of,
)

from .state import State


@frozen
class MemoryLayerRepository:
    """`LayerRepository` over one state; the store's lock keeps other writers waiting."""

    _state: State
    _change_id: str

    def get(self, name: str) -> Layer | None:
        return self._state.layers.get(name)

    def all(self) -> Sequence[Layer]:
        return sorted(self._state.layers.values(), key=lambda layer: layer.order)

    def summaries(self) -> Sequence[LayerSummary]:
        return [layer.summary() for layer in self.all()]

    def generation(self) -> int:
        return self._state.layer_generation

    def revision(self, name: str, number: int) -> LayerRevision | None:
        return next((each for each in self._of(name) if each.revision == number), None)

    def newest(self, name: str) -> LayerRevision | None:
        return next(reversed(self._of(name)), None)

    def find(self, query: LayerHistoryQuery) -> LayerHistoryPage:
        before = query.before
        rest = [each for each in reversed(self._of(query.name)) if before is None or each.revision < before]
        page = tuple(each.summary() for each in rest[: query.limit])
        return LayerHistoryPage(page, page[-1].revision if len(rest) > query.limit else None)

    def of_change(self, change: str) -> Sequence[ChangedLayer]:
        found = (changed_of(history, change) for _, history in sorted(self._state.layer_histories.items()))
        return [done for done in found if done is not None]

    def lock(self) -> None:
        return None

    def record(self, changes: Sequence[LayerChange], note: ChangeNote, now: datetime) -> str:
        state = self._state
        for change in changes:
            layer = evolve(change.layer, change=self._change_id)
            if change.is_deletion:
                state.layers.pop(layer.name, None)
            else:
                state.layers[layer.name] = layer
            revision = change.revision(note, self._change_id)
            state.layer_histories[layer.name] = (*self._of(layer.name), revision)
            state.log.append(logged_layer(revision, state.log))
        state.layer_generation += 1
        return self._change_id

    def _of(self, name: str) -> Sequence[LayerRevision]:
        return self._state.layer_histories.get(name, ())
