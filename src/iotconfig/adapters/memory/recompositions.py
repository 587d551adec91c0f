"""The edits of layers that a job follows, over one state."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from iotconfig.domain.layers.recompositions import Recomposition

from .state import State


@frozen
class MemoryRecompositionRepository:
    """`RecompositionRepository` over one state."""

    _state: State

    def find(self, limit: int) -> Sequence[Recomposition]:
        return [*reversed(self._state.recompositions.values())][: max(0, limit)]

    def get(self, change: str) -> Recomposition | None:
        return self._state.recompositions.get(change)

    def next(self) -> Recomposition | None:
        everything = self._state.recompositions.values()
        return next((each for each in everything if each.finished_at is None), None)

    def store(self, recomposition: Recomposition) -> None:
        self._state.recompositions[recomposition.change] = recomposition
