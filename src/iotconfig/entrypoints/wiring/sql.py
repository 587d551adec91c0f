"""Persistence on PostgreSQL and SQLite."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import define

from iotconfig.domain.devices.silence import NO_INTERVALS, ExpectedIntervals
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.secrets.ciphers import NO_KEYS

if TYPE_CHECKING:
    from iotconfig.adapters.sql.engine.database import Database
    from iotconfig.adapters.telemetry import LogUse, PoolUse
    from iotconfig.domain.access.api_tokens import ApiTokenStore
    from iotconfig.domain.announcing.ports import NotificationQueue
    from iotconfig.domain.announcing.relay_reports import RelayReports
    from iotconfig.domain.configs.store import Store
    from iotconfig.domain.devices.delays import DelayReader
    from iotconfig.domain.devices.following import DeviceStates
    from iotconfig.domain.devices.incoming_ports import LastMessageStore
    from iotconfig.domain.devices.new_boards import NewBoardStore
    from iotconfig.domain.devices.ports import EvidenceStore
    from iotconfig.domain.devices.subscriber_reports import SubscriberReports
    from iotconfig.domain.devices.tokens import DeviceTokenStore
    from iotconfig.domain.jobs.ports import Wakeup
    from iotconfig.domain.secrets.ports import Cipher


@define(slots=False)
class SqlPersistence:
    """`Persistence` on a database that is open."""

    database: Database
    wakeup: Callable[[], Wakeup]
    intervals: ExpectedIntervals = NO_INTERVALS
    """How often devices are expected to show a sign of life."""
    max_content_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of documents, in bytes of UTF-8."""
    cipher: Cipher = NO_KEYS
    """Encrypts secrets."""

    @cached_property
    def store(self) -> Store:
        from iotconfig.adapters.sql.store import SqlStore
        from iotconfig.domain.configs.composing import Composers

        from .models import document_rules

        return SqlStore(self.database, Composers(self.max_content_bytes, self.cipher, document_rules()))

    @cached_property
    def notifications(self) -> NotificationQueue:
        from iotconfig.adapters.sql.announcing import SqlNotificationQueue

        return SqlNotificationQueue(self.database)

    @cached_property
    def relay_reports(self) -> RelayReports:
        from iotconfig.adapters.sql.relay_reports import SqlRelayReports

        return SqlRelayReports(self.database)

    @cached_property
    def subscriber_reports(self) -> SubscriberReports:
        from iotconfig.adapters.sql.subscriber_reports import SqlSubscriberReports

        return SqlSubscriberReports(self.database)

    @cached_property
    def api_tokens(self) -> ApiTokenStore:
        from iotconfig.adapters.sql.api_tokens import SqlApiTokenStore

        return SqlApiTokenStore(self.database)

    @cached_property
    def device_tokens(self) -> DeviceTokenStore:
        from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore

        return SqlDeviceTokenStore(self.database)

    @cached_property
    def evidence(self) -> EvidenceStore:
        from iotconfig.adapters.sql.evidence import SqlEvidenceStore

        return SqlEvidenceStore(self.database, self.intervals)

    @cached_property
    def device_states(self) -> DeviceStates:
        from iotconfig.adapters.sql.device_states import SqlDeviceStates

        return SqlDeviceStates(self.database, self.intervals)

    @cached_property
    def last_messages(self) -> LastMessageStore:
        from iotconfig.adapters.sql.last_messages import SqlLastMessageStore

        return SqlLastMessageStore(self.database)

    @cached_property
    def delays(self) -> DelayReader:
        from iotconfig.adapters.sql.delays import SqlDelayReader

        return SqlDelayReader(self.database)

    @cached_property
    def new_boards(self) -> NewBoardStore:
        from iotconfig.adapters.sql.new_boards import SqlNewBoardStore

        return SqlNewBoardStore(self.database)

    def installation(self) -> str:
        from iotconfig.adapters.sql.installation import installation_name

        return installation_name(self.database)

    @cached_property
    def check_ready(self) -> Callable[[], None]:
        from iotconfig.adapters.sql.readiness import SqlReadiness

        return SqlReadiness(self.database)

    def use(self) -> PoolUse:
        return self.database.use()

    def log(self) -> LogUse | None:
        return self.database.log()

    def close(self) -> None:
        self.database.close()
