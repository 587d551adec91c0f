"""All repositories over one state, together."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from .announcing import MemoryNotificationOutbox
from .configs import MemoryConfigRepository, MemoryRevisionCounters
from .history import MemoryHistoryRepository
from .replay_guard import MemoryReplayGuard
from .state import State


@frozen
class MemoryUnitOfWork:
    """`UnitOfWork` over one transaction's copy of the state; `View` over the committed one."""

    configs: MemoryConfigRepository
    counters: MemoryRevisionCounters
    history: MemoryHistoryRepository
    notifications: MemoryNotificationOutbox
    replay_guard: MemoryReplayGuard

    @classmethod
    def on(cls, state: State) -> Self:
        """All repositories over one state."""
        return cls(
            MemoryConfigRepository(state),
            MemoryRevisionCounters(state),
            MemoryHistoryRepository(state),
            MemoryNotificationOutbox(state),
            MemoryReplayGuard(state),
        )
