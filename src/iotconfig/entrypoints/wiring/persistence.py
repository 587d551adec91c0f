"""What the use cases need of a database, whichever adapter serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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


class Persistence(Protocol):
    """The ports that one database serves, each made at its first use, and the figures of its connections."""

    @property
    def store(self) -> Store:
        """Configs, their histories and their changes."""
        ...

    @property
    def notifications(self) -> NotificationQueue:
        """The pending notifications."""
        ...

    @property
    def relay_reports(self) -> RelayReports | None:
        """The reports of the relays; None where the database does not keep them."""
        ...

    @property
    def subscriber_reports(self) -> SubscriberReports | None:
        """The report of the active subscriber; None where the database does not keep it."""
        ...

    @property
    def api_tokens(self) -> ApiTokenStore:
        """The tokens of programs."""
        ...

    @property
    def device_tokens(self) -> DeviceTokenStore:
        """The tokens of devices."""
        ...

    @property
    def evidence(self) -> EvidenceStore | None:
        """The evidence about devices; None where the database does not keep it."""
        ...

    @property
    def new_boards(self) -> NewBoardStore | None:
        """The new boards; None where the database does not keep them."""
        ...

    @property
    def device_states(self) -> DeviceStates | None:
        """The stored states of devices; None where they are worked out when they are read."""
        ...

    @property
    def last_messages(self) -> LastMessageStore | None:
        """What devices said last over the broker; None where the database does not keep it."""
        ...

    def wakeup(self) -> Wakeup:
        """Return a new signal that something was committed; the caller closes it."""
        ...

    @property
    def delays(self) -> DelayReader | None:
        """How long devices take to run new documents; None where the database cannot say it."""
        ...

    def installation(self) -> str:
        """Return the name that all processes on the database share, and no other database has."""
        ...

    def check_ready(self) -> None:
        """Return when requests can be served. Raises `StoreUnavailable` otherwise, within seconds."""
        ...

    def use(self) -> PoolUse:
        """Return the use of the connections, without a query."""
        ...

    def log(self) -> LogUse | None:
        """Return the size of the write-ahead log; None if there is none."""
        ...

    def close(self) -> None:
        """Close all connections. Idempotent."""
        ...
