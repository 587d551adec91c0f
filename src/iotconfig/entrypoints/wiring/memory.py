"""Persistence in memory, for `memory://`."""

from __future__ import annotations

from secrets import token_hex

from attrs import field, frozen

from iotconfig.adapters.memory import (
    MemoryApiTokenStore,
    MemoryDeviceTokenStore,
    MemoryRelayReports,
    MemoryStore,
)
from iotconfig.adapters.memory.announcing import MemoryNotificationQueue
from iotconfig.adapters.memory.delays import MemoryDelayReader
from iotconfig.adapters.memory.evidence import MemoryEvidenceStore
from iotconfig.adapters.memory.last_messages import MemoryLastMessageStore
from iotconfig.adapters.memory.new_boards import MemoryNewBoardStore
from iotconfig.adapters.memory.subscriber_reports import MemorySubscriberReports
from iotconfig.adapters.telemetry import PoolUse
from iotconfig.domain.jobs.ports import Wakeup

from .clock import utc_now

_NO_CONNECTIONS = PoolUse(in_use=0, idle=0, limit=0, waiting=0)


@frozen
class MemoryPersistence:
    """`Persistence` in the memory of this process."""

    store: MemoryStore = field(factory=MemoryStore)
    relay_reports: MemoryRelayReports = field(factory=lambda: MemoryRelayReports(utc_now))
    subscriber_reports: MemorySubscriberReports = field(factory=lambda: MemorySubscriberReports(utc_now))
    api_tokens: MemoryApiTokenStore = field(init=False)
    device_tokens: MemoryDeviceTokenStore = field(init=False)

    _installation: str = field(init=False, factory=lambda: token_hex(16))

    @api_tokens.default
    def _make_api_tokens(self) -> MemoryApiTokenStore:
        return MemoryApiTokenStore(self.store.check)

    @device_tokens.default
    def _make_device_tokens(self) -> MemoryDeviceTokenStore:
        return MemoryDeviceTokenStore(self.store.check)

    @property
    def notifications(self) -> MemoryNotificationQueue:
        return self.store.notifications()

    @property
    def evidence(self) -> MemoryEvidenceStore:
        return self.store.evidence

    @property
    def new_boards(self) -> MemoryNewBoardStore:
        return self.store.new_boards

    @property
    def device_states(self) -> None:
        return None

    @property
    def last_messages(self) -> MemoryLastMessageStore:
        return self.store.last_messages

    def wakeup(self) -> Wakeup:
        return self.store.wakeup()

    @property
    def delays(self) -> MemoryDelayReader:
        return self.store.delays

    def installation(self) -> str:
        return self._installation

    def check_ready(self) -> None:
        self.store.check()

    def use(self) -> PoolUse:
        return _NO_CONNECTIONS

    def log(self) -> None:
        return None

    def close(self) -> None:
        self.store.close()
