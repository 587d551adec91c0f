"""What the core needs from the outside. The docstrings are the contracts.

Every method of a store may raise `StoreUnavailable` (no answer within a bounded
time; ask again) or, when it writes, `StoreFull`. One suite, in
`tests/contract`, holds all adapters to this page.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from .config import Config, Device, Document
from .content import ConfigContent
from .mac import MacAddress
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
        """One page of the configs that match, sorted by MAC address."""
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
