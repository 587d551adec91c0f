"""The edits of layers that a job follows, over one block's records."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from iotconfig.domain.layers.recompositions import Recomposition

from .records import Records


@frozen
class JsonFileRecompositionRepository:
    """`RecompositionRepository` over one block's records."""

    _records: Records

    def find(self, limit: int) -> Sequence[Recomposition]:
        return [*reversed(self._records.recompositions.values())][: max(0, limit)]

    def get(self, change: str) -> Recomposition | None:
        return self._records.recompositions.get(change)

    def next(self) -> Recomposition | None:
        everything = self._records.recompositions.values()
        return next((each for each in everything if each.finished_at is None), None)

    def store(self, recomposition: Recomposition) -> None:
        self._records.recompositions[recomposition.change] = recomposition
