"""What the core needs from the outside. The docstrings are the contracts.

Every method of a store may raise `StoreUnavailable` (no answer within a bounded
time; ask again) or, when it writes, `StoreFull`. One suite, in
`tests/contract`, holds all adapters to this page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from attrs import frozen

from .config import Config, Device, Document
from .content import ConfigContent
from .fleet import Duplicate, Entry, Exported, OnConflict, Outcome, Result
from .mac import MacAddress
from .notifications import MOST_COUNTED, Announcement, Backlog, Notification
from .once import OnceOnly
from .relay_reports import Problem
from .revisions import (
    DeletedPage,
    DeletedQuery,
    HistoryPage,
    HistoryQuery,
    Note,
    PruneStep,
    Retention,
    Revision,
)
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

    def load(self, mac_addresses: Sequence[MacAddress]) -> Sequence[Config]:
        """The configs of these devices, sorted by MAC address; those without one are left out."""
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

    def bring_back(self, config: Config) -> None:
        """Store a config that was removed, under the id that it had. Its device has no config."""
        ...

    def replace(self, config: Config) -> None:
        """Store `config` in place of the one with its id, which exists."""
        ...

    def remove(self, config: Config) -> None:
        """Remove the config with this id, which exists."""
        ...


class DeviceReader(Protocol):
    """Reads what is known of devices beside their configs."""

    def replaced_by(self, mac_address: MacAddress) -> MacAddress | None:
        """The board that took the place of this one, which has had no config since; or None."""
        ...


class DeviceRepository(DeviceReader, Protocol):
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

    def advance(self, device: Device, revision: int, replaced_by: MacAddress | None = None) -> None:
        """Set the counter of a locked device to `revision`, and the board that takes its place, if one does."""
        ...


class HistoryReader(Protocol):
    """Reads revisions. They are never changed, so what was read stays true; old ones may be pruned."""

    def get(self, config_id: int, revision: int) -> Revision | None:
        """One revision of a config, or None."""
        ...

    def newest(self, config_id: int) -> Revision | None:
        """The newest revision of this config, which is a deletion where it was deleted; or None."""
        ...

    def newest_content(self, config_id: int) -> Revision | None:
        """The newest revision of this config that has content, or None."""
        ...

    def latest_config(self, mac_address: MacAddress) -> int | None:
        """The id of the config that the newest revision of this device is of; None without any."""
        ...

    def began(self, config_id: int) -> datetime | None:
        """When the oldest revision of this config that is left was made; None without any."""
        ...

    def pruned_to(self, config_id: int) -> int:
        """The highest revision of this config that was pruned; 0 without any."""
        ...

    def find(self, query: HistoryQuery) -> HistoryPage:
        """One page of a config's revisions, the newest first."""
        ...

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        """One page of the configs whose newest revision is a deletion, the latest first."""
        ...

    def prunable(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        """What `HistoryRepository.prune` would do."""
        ...


class HistoryRepository(HistoryReader, Protocol):
    """Writes revisions inside a unit of work."""

    def append(self, revision: Revision) -> None:
        """Store a revision. Its number is its device's next, and the device is locked."""
        ...

    def prune(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        """Remove what `retention` lets go, from up to `limit` configs in the order of their ids.

        Begins behind the id `after_config`. What goes is always the oldest part
        of a history. A step that would take too long does less; the next one
        goes on where it ended.
        """
        ...


class NotificationOutbox(Protocol):
    """Writes pending notifications inside a unit of work, so that a change and its news are stored together."""

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        """Make `announcement` what is pending for its subject, due at once or at `due_at`.

        Where one is pending already, there is still one afterwards: as
        `Announcement.over` says, with another generation, due at the earlier of
        both times, its refusals forgotten, parked no longer. Where the subject
        is a device, that is locked by the same unit of work.
        """
        ...


class View(Protocol):
    """What is committed, to be read."""

    @property
    def configs(self) -> ConfigReader:
        """The configs."""
        ...

    @property
    def devices(self) -> DeviceReader:
        """The devices."""
        ...

    @property
    def history(self) -> HistoryReader:
        """The revisions."""
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
    def history(self) -> HistoryRepository:
        """The revisions."""
        ...

    @property
    def notifications(self) -> NotificationOutbox:
        """What is to be told of this transaction's changes."""
        ...

    @property
    def once(self) -> OnceOnly:
        """What this transaction accepts, and nobody may accept again."""
        ...


Renew = Callable[[Sequence[Config]], Sequence[Entry]]
"""Makes entries anew, from configs that are locked."""


class Stage(Protocol):
    """Where many entries wait to be stored together. Nobody else sees it; used by one thread.

    It holds no lock and no transaction while entries are added, however long
    that takes, and needs no memory for them.
    """

    def add(self, entries: Sequence[Entry]) -> None:
        """Add some entries; a thousand at a time is a good number."""
        ...

    def take_duplicates(self) -> Iterator[Duplicate]:
        """Remove every entry that shares its MAC address with another, and give them in their order.

        They are removed when the iterator has come to its end.
        """
        ...

    def compare(self, on_conflict: OnConflict) -> None:
        """Find out what would become of each entry, without a lock; nothing is stored."""
        ...

    def store(
        self,
        on_conflict: OnConflict,
        *,
        all_or_nothing: bool,
        note: Note,
        clock: Clock,
        renew: Renew | None = None,
    ) -> bool:
        """Store the entries in one transaction, each as `ConfigService.put` would; False: nothing was stored.

        It locks the devices in the order of their addresses, then finds out what
        becomes of each entry. With `all_or_nothing` one conflict, or one that is
        stale, keeps all from being stored; without it, those are left out.
        What is the same makes no revision and is not announced.

        `renew` is asked for other entries in place of those that are stale: it
        gets their configs as they are now, and cannot change any more. What it
        raises ends the transaction.
        """
        ...

    def tally(self) -> Mapping[Outcome, int]:
        """How many entries had which outcome, after `compare` or `store`."""
        ...

    def results(self, outcomes: Collection[Outcome]) -> Iterator[Result]:
        """What became of the entries with one of these outcomes, in their order, after `compare` or `store`."""
        ...


class Store(Protocol):
    """Opens units of work. Safe to share between threads, and between greenlets."""

    def reading(self) -> AbstractContextManager[View]:
        """Read what is committed. Takes no lock and never waits for a writer."""
        ...

    def writing(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction: stored when the block ends, rolled back whole when it raises.

        Do nothing slow inside: on an embedded store the block keeps all other
        writers waiting. If the end of the block raises `StoreUnavailable`, the
        outcome is unknown.
        """
        ...

    def staging(self) -> AbstractContextManager[Stage]:
        """An empty stage, which is gone at the end of the block."""
        ...

    def snapshot(self) -> AbstractContextManager[Iterator[Exported]]:
        """All configs as they are at one moment, sorted by MAC address, however long they are read.

        Take them quickly: until the end of the block the store keeps old versions for it.
        """
        ...

    def check(self) -> None:
        """Return when the store answers and takes writes, within seconds.

        Raises `StoreReadOnly` where it takes none, another `StoreUnavailable` where it does not answer.
        """
        ...

    def close(self) -> None:
        """End the use of the store; to do it twice is to do it once.

        From then on all its methods, and those of its notification queue, raise
        `ServiceClosed`. A block that is open goes on to its end, or ends with that.
        """
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

    def backlog(self, limit: int = MOST_COUNTED) -> Backlog:
        """How much is pending; the pending and the parked are counted up to `limit` each."""
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
    is_final: bool = False
    """It will never take it as it is configured, so trying again is of no use. The publisher has logged it."""
    is_for_now: bool = False
    """It takes nothing at the moment, whatever it is: a quota is used up, say."""


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


class BrokerWatch(Protocol):
    """How a publisher's connection is doing. Used by the publisher's thread, while its relay holds the lease."""

    def lost(self) -> str | None:
        """Why the broker ended the connection, where it would end the next one, too; told once, else None.

        A connection that just broke has no reason: connecting again is due at once.
        """
        ...

    def tend(self) -> None:
        """Do what keeps a connection in good order, after what was due has been told.

        Raises `BrokerUnavailable` where the broker ends the connection on it.
        """
        ...

    def problems(self) -> Sequence[Problem]:
        """What is wrong with the broker at the moment, or with who else is on it."""
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
