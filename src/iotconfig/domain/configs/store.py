"""The store: everything that one database holds. The docstrings are the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from iotconfig.domain.announcing.ports import NotificationOutbox
from iotconfig.domain.replay_guard import ReplayGuard

from .bulk import ExportedConfig
from .ports import (
    BulkWrite,
    ConfigReader,
    ConfigRepository,
    HistoryReader,
    HistoryRepository,
    RevisionCounterReader,
    RevisionCounters,
)


class View(Protocol):
    """What is committed, to be read."""

    @property
    def configs(self) -> ConfigReader:
        """The configs."""
        ...

    @property
    def counters(self) -> RevisionCounterReader:
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
    def counters(self) -> RevisionCounters:
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
    def replay_guard(self) -> ReplayGuard:
        """What this transaction accepts, and nobody may accept again."""
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

    def bulk_writing(self) -> AbstractContextManager[BulkWrite]:
        """An empty stage, which is gone at the end of the block."""
        ...

    def snapshot(self) -> AbstractContextManager[Iterator[ExportedConfig]]:
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
