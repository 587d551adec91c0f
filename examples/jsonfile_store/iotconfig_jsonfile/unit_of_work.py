"""All repositories over one block's records."""

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

from .changes import record, serve
from .configs import JsonFileConfigReader, JsonFileRevisionCounters
from .document_history import JsonFileDocumentHistoryReader
from .history import JsonFileHistoryRepository
from .labels import JsonFileLabelRepository
from .layers import JsonFileLayerRepository
from .models import JsonFileModelRepository
from .notifications import JsonFileNotificationOutbox
from .recompositions import JsonFileRecompositionRepository
from .records import Records
from .replay_guard import JsonFileReplayGuard
from .secrets import JsonFileSecretRepository


@frozen
class JsonFileUnitOfWork:
    """`UnitOfWork` inside a transaction, `View` outside of one."""

    _records: Records
    configs: JsonFileConfigReader
    counters: JsonFileRevisionCounters
    history: JsonFileHistoryRepository
    notifications: JsonFileNotificationOutbox
    replay_guard: JsonFileReplayGuard
    labels: JsonFileLabelRepository
    layers: JsonFileLayerRepository
    models: JsonFileModelRepository
    secrets: JsonFileSecretRepository
    document_history: JsonFileDocumentHistoryReader
    recompositions: JsonFileRecompositionRepository
    change_id: str
    _composers: Composers

    @classmethod
    def on(cls, records: Records, composers: Composers) -> Self:
        """All of them."""
        change_id = new_change_id()
        return cls(
            records,
            JsonFileConfigReader(records),
            JsonFileRevisionCounters(records),
            JsonFileHistoryRepository(records),
            JsonFileNotificationOutbox(records),
            JsonFileReplayGuard(records),
            JsonFileLabelRepository(records, change_id),
            JsonFileLayerRepository(records, change_id),
            JsonFileModelRepository(records, change_id),
            JsonFileSecretRepository(records, change_id),
            JsonFileDocumentHistoryReader(records),
            JsonFileRecompositionRepository(records),
            change_id,
            composers,
        )

    def record(self, changes: Sequence[Change], note: ChangeNote, now: datetime) -> Sequence[Config]:
        return [record(self._records, change, self.change_id, note, now) for change in changes]

    def composer(self) -> Composer:
        return self._composers.alone(self.layers, self.secrets, self.models)

    def serve(
        self, documents: Sequence[ServedAnew], note: ChangeNote, now: datetime, change: str | None = None
    ) -> str:
        change = change or self.change_id
        for served in documents:
            serve(self._records, served, change, note, now)
        return change
