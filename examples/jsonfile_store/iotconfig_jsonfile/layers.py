"""Layers over one block's records."""

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

from .records import Records


@frozen
class JsonFileLayerRepository:
    """`LayerRepository` over one block's records; the file's lock keeps other writers waiting."""

    _records: Records
    _change_id: str

    def get(self, name: str) -> Layer | None:
        return self._records.layers.get(name)

    def all(self) -> Sequence[Layer]:
        return sorted(self._records.layers.values(), key=lambda layer: layer.order)

    def summaries(self) -> Sequence[LayerSummary]:
        return [layer.summary() for layer in self.all()]

    def generation(self) -> int:
        return self._records.layer_generation

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
        found = (changed_of(history, change) for _, history in sorted(self._records.layer_histories.items()))
        return [done for done in found if done is not None]

    def lock(self) -> None:
        return None

    def record(self, changes: Sequence[LayerChange], note: ChangeNote, now: datetime) -> str:
        records = self._records
        for change in changes:
            layer = evolve(change.layer, change=self._change_id)
            if change.is_deletion:
                records.layers.pop(layer.name, None)
            else:
                records.layers[layer.name] = layer
            revision = change.revision(note, self._change_id)
            records.layer_histories.setdefault(layer.name, []).append(revision)
            records.log.append(logged_layer(revision, records.log))
        records.layer_generation += 1
        return self._change_id

    def _of(self, name: str) -> Sequence[LayerRevision]:
        return self._records.layer_histories.get(name, [])
