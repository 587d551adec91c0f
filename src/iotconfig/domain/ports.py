"""What the core needs from the outside. The docstrings are the contracts.

Every method of a store may raise `StoreUnavailable` (no answer within a bounded
time; ask again) or, when it writes, `StoreFull`. One suite, in
`tests/contract`, holds all adapters to this page.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from attrs import frozen

from .config import Config, Device, Document
from .content import ConfigContent
from .mac import MacAddress
from .notifications import Announcement, Backlog, Notification
from .search import ConfigPage, ConfigQuery


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Now: aware, in UTC, with microseconds at most."""
        ...


class ConfigReader(Protocol):
    """Reads configs. What it returns is the caller's: changing the store later changes none of it."""

    def get(self, config_id: int) -> Config | None:
        """The config with this id, or None."""
        ...

    def get_by_mac(self, mac_address: MacAddress) -> Config | None:
        """The config of this device, or None."""
        ...

    def document(self, mac_address: MacAddress) -> Document | None:
        """What this device fetches, or None. The hot path: one indexed read."""
        ...

    def find(self, query: ConfigQuery) -> ConfigPage:
        """One page of the configs that match, sorted by MAC address.

        The count may be of a moment later than the page.
        """
        ...


class ConfigRepository(ConfigReader, Protocol):
    """Reads and writes configs inside a unit of work.

    Writing a config asks for its device's lock first (`DeviceRepository`); the
    repository relies on it and takes none of its own.
    """

    def add(self, mac_address: MacAddress, content: ConfigContent, revision: int, now: datetime) -> Config:
        """Store a first config for this device, under a new id that was never used before.

        Raises `RecordExists` where the device has a config.
        """
        ...

    def replace(self, config: Config) -> None:
        """Store `config` in place of the one with its id, which exists."""
        ...

    def remove(self, config: Config) -> None:
        """Remove the config with this id, which exists."""
        ...


class DeviceRepository(Protocol):
    """The revision counters, one row per MAC address, never deleted; each row is a lock."""

    def lock(self, mac_address: MacAddress) -> Device:
        """The counter of this MAC address (0 if it is new), held until the unit of work ends.

        Writers of one device queue here, so none loses another's change. In one
        unit of work, lock several devices in the order of their addresses only.
        """
        ...

    def lock_owner(self, config_id: int) -> Device | None:
        """As `lock`, for the device that the config with this id belongs to; None if there is none."""
        ...

    def advance(self, device: Device, revision: int) -> None:
        """Set the counter of a locked device to `revision`."""
        ...


class NotificationOutbox(Protocol):
    """Writes pending notifications inside a unit of work, so that a change and its news are stored together."""

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        """Make `announcement` what is pending for its subject, due at once or at `due_at`.

        Where one is pending already, there is still one afterwards: as
        `Announcement.over` says, with another generation, due at the earlier of
        both times, its refusals forgotten, parked no longer. The subject's
        device is locked by the same unit of work.
        """
        ...


class UnitOfWork(Protocol):
    """One transaction's repositories: all its changes are stored, or none."""

    @property
    def configs(self) -> ConfigRepository:
        """The configs, seen as this transaction has left them."""
        ...

    @property
    def devices(self) -> DeviceRepository:
        """The revision counters."""
        ...

    @property
    def notifications(self) -> NotificationOutbox:
        """What is to be told of this transaction's changes."""
        ...


class Store(Protocol):
    """Opens units of work. Safe to share between threads, and between greenlets."""

    def reading(self) -> AbstractContextManager[ConfigReader]:
        """Read what is committed. Takes no lock and never waits for a writer."""
        ...

    def writing(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction: stored when the block ends, rolled back whole when it raises.

        Do nothing slow inside: on an embedded store the block keeps all other
        writers waiting. If the end of the block raises `StoreUnavailable`, the
        outcome is unknown.
        """
        ...

    def check(self) -> None:
        """Return when the store answers; raise `StoreUnavailable` otherwise, within seconds."""
        ...


class NotificationQueue(Protocol):
    """The pending notifications, as their relay and their operator see them."""

    def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        """Up to `limit` that are due and not parked, ordered by `due_at`, then by `since`."""
        ...

    def next_due(self) -> datetime | None:
        """When the next that is not parked becomes due; None where there is none."""
        ...

    def settle(self, told: Sequence[Notification], refused: Sequence[Notification]) -> None:
        """Remove what was told, and store what was refused as it is given here.

        Each only where its generation is still the pending one's: what was
        announced again meanwhile stays as it is, to be told again.
        """
        ...

    def backlog(self) -> Backlog:
        """How much is pending."""
        ...

    def find(self, limit: int) -> Sequence[Notification]:
        """Up to `limit`: the parked ones first, then the others, in the order of `due`."""
        ...

    def retry_parked(self, now: datetime) -> int:
        """Make all parked ones due at once, waiting since `now`, and say how many they were."""
        ...


@frozen
class Receipt:
    """What a broker answered to one announcement."""

    nudged: bool
    """It took the nudge, or none was wanted."""
    stated: bool
    """It took the state, or there was none."""
    error: str | None = None
    """Why it did not take one of them."""
    hung_up: bool = False
    """It said nothing, and ended the connection while this announcement alone was on its way."""


class Publisher(Protocol):
    """Tells announcements to whoever listens. Used by one thread."""

    def connect(self) -> None:
        """Be connected: at once where it is, in bounded time where it is not.

        Connecting ends the session of any other relay, even of one that does
        not know that it lost its lease. Raises `BrokerUnavailable`.
        """
        ...

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        """Tell each, and return what the broker did with it, in their order, when it has answered all.

        None stands for no answer: the connection was lost, or the broker was
        silent for too long. The announcement may have been told, or not.
        """
        ...

    def disconnect(self) -> None:
        """Drop the connection, if there is one. What was not answered will not be sent later."""
        ...


class Lease(Protocol):
    """The right to be the one active relay. It ends with the process that holds it."""

    def hold(self) -> bool:
        """Take the lease, or make sure that it is still held; False where it cannot be had now."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait for up to `seconds`; shorter, and True, where something may have been announced meanwhile."""
        ...

    def release(self) -> None:
        """Give the lease back, if it is held."""
        ...
