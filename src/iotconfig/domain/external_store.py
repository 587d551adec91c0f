"""The port of a store that another package provides, and `iotconfig serve` serves."""

from __future__ import annotations

from typing import Final, Protocol

from .access.api_tokens import ApiTokenStore
from .announcing.ports import NotificationQueue
from .announcing.relay_reports import RelayReports
from .configs.store import Store
from .devices.incoming_ports import LastMessageStore
from .devices.new_boards import NewBoardStore
from .devices.ports import EvidenceStore
from .devices.subscriber_reports import SubscriberReports
from .devices.tokens import DeviceTokenStore
from .jobs.ports import Lease, Wakeup

ENTRY_POINTS: Final = "iotconfig.stores"
"""The group of entry points that name the stores of other packages, each by the scheme of its URL."""


class ExternalStore(Protocol):
    """A store at one URL. Safe to share between threads, and between greenlets.

    The entry point is a function `(url: str) -> ExternalStore`. It raises `ValidationFailed` for a URL that is
    not one of its kind, and opens nothing yet: every process of a service, and every command, calls it.

    A part that is None is missing, and what needs it says so.
    """

    def __str__(self) -> str:
        """The URL without secrets, for logs and messages."""
        ...

    def prepare(self) -> None:
        """Create or upgrade what the store needs; called before a service starts, and before an import that may be the first.

        Raises `StoreUnavailable` where the store cannot be used.
        """
        ...

    def installation(self) -> str:
        """Return a name that all processes on the store share, and no other store has.

        The relay's client id is made of it. Raises `StoreUnavailable`.
        """
        ...

    @property
    def store(self) -> Store:
        """Configs, their histories and their changes. Its `close` ends the use of all parts."""
        ...

    @property
    def notifications(self) -> NotificationQueue:
        """The pending notifications."""
        ...

    @property
    def relay_reports(self) -> RelayReports | None:
        """The reports of the relays. Without them, health knows no problems of a broker."""
        ...

    @property
    def api_tokens(self) -> ApiTokenStore | None:
        """The tokens of programs. Without them, none can be created, and none is valid."""
        ...

    @property
    def device_tokens(self) -> DeviceTokenStore | None:
        """The tokens of devices. Without them, none can be created, and none is valid."""
        ...

    @property
    def evidence(self) -> EvidenceStore | None:
        """The evidence about devices. Without it, nothing is recorded, and the states of devices are unknown."""
        ...

    @property
    def last_messages(self) -> LastMessageStore | None:
        """What devices said last over the broker. Without it, or without evidence, messages of devices are not read."""
        ...

    @property
    def subscriber_reports(self) -> SubscriberReports | None:
        """The report of the active subscriber. Without it, health does not know whether messages of devices are read."""
        ...

    @property
    def new_boards(self) -> NewBoardStore | None:
        """The new boards. Without them, requests of MAC addresses without a config are not recorded."""
        ...

    def lease(self, job: str) -> Lease:
        """Return the lease of the job of this name, not held yet."""
        ...

    def wakeup(self) -> Wakeup:
        """Return a new signal that something was committed."""
        ...
