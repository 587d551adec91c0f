"""All repositories over one state, together."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from .announcing import MemoryNotificationOutbox
from .configs import MemoryConfigRepository, MemoryDeviceRepository
from .history import MemoryHistoryRepository
from .replay_guard import MemoryOnceOnly
from .state import State


@frozen
class MemoryUnitOfWork:
    """`UnitOfWork` over one transaction's copy of the state; `View` over the committed one."""

    configs: MemoryConfigRepository
    devices: MemoryDeviceRepository
    history: MemoryHistoryRepository
    notifications: MemoryNotificationOutbox
    once: MemoryOnceOnly

    @classmethod
    def on(cls, state: State) -> Self:
        """All repositories over one state."""
        return cls(
            MemoryConfigRepository(state),
            MemoryDeviceRepository(state),
            MemoryHistoryRepository(state),
            MemoryNotificationOutbox(state),
            MemoryOnceOnly(state),
        )
