"""All repositories over one block's records."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from .configs import JsonFileConfigRepository, JsonFileDeviceRepository
from .history import JsonFileHistoryRepository
from .notifications import JsonFileNotificationOutbox
from .once import JsonFileOnceOnly
from .records import Records


@frozen
class JsonFileUnitOfWork:
    """`UnitOfWork` inside a transaction, `View` outside of one."""

    configs: JsonFileConfigRepository
    devices: JsonFileDeviceRepository
    history: JsonFileHistoryRepository
    notifications: JsonFileNotificationOutbox
    once: JsonFileOnceOnly

    @classmethod
    def on(cls, records: Records) -> Self:
        """All of them."""
        return cls(
            JsonFileConfigRepository(records),
            JsonFileDeviceRepository(records),
            JsonFileHistoryRepository(records),
            JsonFileNotificationOutbox(records),
            JsonFileOnceOnly(records),
        )
