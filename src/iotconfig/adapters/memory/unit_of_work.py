"""All repositories over one state, together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from attrs import frozen

from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.change_log import new_change_id
from iotconfig.domain.configs.composing import Composer, Composers
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.served_anew import ServedAnew

from .announcing import MemoryNotificationOutbox
from .changes import record, serve
from .configs import MemoryConfigReader, MemoryRevisionCounters
from .document_history import MemoryDocumentHistoryReader
from .history import MemoryHistoryRepository
from .labels import MemoryLabelRepository
from .layers import MemoryLayerRepository
from .models import MemoryModelRepository
from .recompositions import MemoryRecompositionRepository
from .replay_guard import MemoryReplayGuard
from .secrets import MemorySecretRepository
from .state import State


@frozen
class MemoryUnitOfWork:
    """`UnitOfWork` over one transaction's copy of the state; `View` over the committed one."""

    _state: State
    configs: MemoryConfigReader
    counters: MemoryRevisionCounters
    history: MemoryHistoryRepository
    notifications: MemoryNotificationOutbox
    replay_guard: MemoryReplayGuard
    labels: MemoryLabelRepository
    layers: MemoryLayerRepository
    models: MemoryModelRepository
    secrets: MemorySecretRepository
    document_history: MemoryDocumentHistoryReader
    recompositions: MemoryRecompositionRepository
    change_id: str
    _composers: Composers

    @classmethod
    def on(cls, state: State, composers: Composers) -> Self:
        """All repositories over one state."""
        change_id = new_change_id()
        return cls(
            state,
            MemoryConfigReader(state),
            MemoryRevisionCounters(state),
            MemoryHistoryRepository(state),
            MemoryNotificationOutbox(state),
            MemoryReplayGuard(state),
            MemoryLabelRepository(state, change_id),
            MemoryLayerRepository(state, change_id),
            MemoryModelRepository(state, change_id),
            MemorySecretRepository(state, change_id),
            MemoryDocumentHistoryReader(state),
            MemoryRecompositionRepository(state),
            change_id,
            composers,
        )

    def record(self, changes: Sequence[Change], note: ChangeNote, now: datetime) -> Sequence[Config]:
        return [record(self._state, change, self.change_id, note, now) for change in changes]

    def composer(self) -> Composer:
        return self._composers.alone(self.layers, self.secrets, self.models)

    def serve(
        self, documents: Sequence[ServedAnew], note: ChangeNote, now: datetime, change: str | None = None
    ) -> str:
        change = change or self.change_id
        for served in documents:
            serve(self._state, served, change, note, now)
        return change
