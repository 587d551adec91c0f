"""All repositories over one block's records."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from .configs import JsonFileConfigRepository, JsonFileRevisionCounters
from .history import JsonFileHistoryRepository
from .notifications import JsonFileNotificationOutbox
from .records import Records
from .replay_guard import JsonFileReplayGuard


@frozen
class JsonFileUnitOfWork:
    """`UnitOfWork` inside a transaction, `View` outside of one."""

    configs: JsonFileConfigRepository
    counters: JsonFileRevisionCounters
    history: JsonFileHistoryRepository
    notifications: JsonFileNotificationOutbox
    replay_guard: JsonFileReplayGuard

    @classmethod
    def on(cls, records: Records) -> Self:
        """All of them."""
        return cls(
            JsonFileConfigRepository(records),
            JsonFileRevisionCounters(records),
            JsonFileHistoryRepository(records),
            JsonFileNotificationOutbox(records),
            JsonFileReplayGuard(records),
        )
