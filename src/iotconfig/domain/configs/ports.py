"""The ports of configs, counters and history. The docstrings are the contracts.

Every method of a store may raise `StoreUnavailable` (no answer within a bounded
time; ask again) or, when it writes, `StoreFull`. The suites of `iotconfig.testing` hold all
adapters to these contracts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from iotconfig.domain.mac import MacAddress

from .bulk import AnyEntry, BulkRefusal, BulkResult, Duplicate, Outcome
from .bulk_options import EntryRules
from .config import Config
from .counter import RevisionCounter
from .query import ConfigPage, ConfigQuery
from .revisions import (
    ChangedConfig,
    ChangeNote,
    DeletedPage,
    DeletedQuery,
    HistoryPage,
    HistoryQuery,
    PruneStep,
    Retention,
    Revision,
)
from .selection import Selection


class ConfigReader(Protocol):
    """Reads configs. Later changes of the store do not change the values that it returned."""

    def get(self, config_id: int) -> Config | None:
        """The config with this id, or None."""
        ...

    def get_by_mac(self, mac_address: MacAddress) -> Config | None:
        """The config of this device, or None."""
        ...

    def find(self, query: ConfigQuery) -> ConfigPage:
        """One page of the configs that match, sorted by MAC address.

        The count may be of a moment later than the page.
        """
        ...

    def load(self, mac_addresses: Sequence[MacAddress]) -> Sequence[Config]:
        """The configs of these devices, sorted by MAC address; devices without a config are omitted."""
        ...


class RevisionCounterReader(Protocol):
    """Reads the revision counters of MAC addresses."""

    def replaced_by(self, mac_address: MacAddress, since: int = 0) -> MacAddress | None:
        """The board that replaced this one, while this one has had no config since; otherwise None.

        since: None, too, if this board has had no change after this revision.
        """
        ...


class RevisionCounters(RevisionCounterReader, Protocol):
    """The revision counters, one row per MAC address, never deleted; each row is a lock."""

    def lock(self, mac_address: MacAddress) -> RevisionCounter:
        """The counter of this MAC address (0 if it is new), held until the unit of work ends.

        Writers of one device queue here, so none loses another's change. In one
        unit of work, lock several devices in the order of their addresses only.
        """
        ...

    def lock_all(self, mac_addresses: Sequence[MacAddress]) -> Mapping[MacAddress, RevisionCounter]:
        """Lock and return the counters of these devices, up to 500, in the order of their addresses.

        One without a counter gets none.
        """
        ...

    def lock_owner(self, config_id: int) -> RevisionCounter | None:
        """Lock the counter of the device that this config belongs to; None without such a config."""
        ...


class HistoryReader(Protocol):
    """Reads revisions. They are never changed, so what was read stays true; old ones may be pruned."""

    def get(self, config_id: int, revision: int) -> Revision | None:
        """One revision of a config, or None."""
        ...

    def newest(self, config_id: int) -> Revision | None:
        """The newest revision of this config (a deletion, if it was deleted), or None."""
        ...

    def newest_content(self, config_id: int) -> Revision | None:
        """The newest revision of this config that has content, or None."""
        ...

    def latest_config(self, mac_address: MacAddress) -> int | None:
        """The id of the config of this device's newest revision; None without any."""
        ...

    def created_at(self, config_id: int) -> datetime | None:
        """Return the time of this config's oldest revision that was not pruned; None without any."""
        ...

    def pruned_to(self, config_id: int) -> int:
        """The highest revision of this config that was pruned; 0 without any."""
        ...

    def find(self, query: HistoryQuery) -> HistoryPage:
        """One page of a config's revisions, the newest first."""
        ...

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[ChangedConfig]:
        """Return up to `limit` configs that a change touched and whose ids are above `after_config`, sorted by id.

        Configs whose revision of the change was pruned are omitted.
        """
        ...

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        """One page of the configs whose newest revision is a deletion, the latest first."""
        ...

    def prunable(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        """Return the step that `HistoryRepository.prune` would take; nothing is removed."""
        ...


class HistoryRepository(HistoryReader, Protocol):
    """Prunes revisions inside a unit of work; `UnitOfWork.record` writes them."""

    def prune(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        """Remove the revisions that `retention` selects, from up to `limit` configs in the order of their ids.

        Begins after the id `after_config`. Only the oldest part of a history is removed. A step that
        would take too long ends early; the next one continues there.
        """
        ...


class BulkWrite(Protocol):
    """Collects many entries, to store them in one transaction. Private to its caller; for one thread.

    Outside of `lock` it holds no lock and no transaction, however long that takes, and it needs no
    memory for the entries. An error of any method ends its use.
    """

    def add(self, entries: Sequence[AnyEntry]) -> None:
        """Add some entries; a thousand at a time is a good number. Inside `lock`: only of configs that `selected` gave."""
        ...

    def take_duplicates(self) -> Iterator[Duplicate]:
        """Remove every entry that shares its MAC address with another, and return them in their order.

        They are removed when the iterator is exhausted.
        """
        ...

    def add_deletions_of_others(self) -> int:
        """Add a deletion of each config with content whose device has no entry, at its present revision; return their number.

        Their places are the MAC addresses, in whose order they are added. Not inside `lock`.
        """
        ...

    def select(self, selection: Selection) -> None:
        """Select the candidates of `selection` (`Selection.is_candidate`), instead of those selected before.

        Whether it `takes` each of them is for the caller to ask.
        """
        ...

    def select_stale(self) -> int:
        """Remove the stale entries (`Outcome.STALE`), and select their configs instead of those selected before.

        Returns their number. Some of their devices may have no config any more.
        """
        ...

    def selected(self) -> Iterator[Sequence[Config]]:
        """Return the selected configs that still exist, each as it is when its page is read; sorted by MAC address.

        Called after `select` or `select_stale`. Entries may be added between two pages.
        """
        ...

    def lock(self) -> AbstractContextManager[None]:
        """A transaction that no other writer of the entries' devices interrupts; entered once.

        It locks the counters of the entries' devices in the order of their addresses. Inside of it,
        the outcomes that `compare` determines are final, and entries do not become stale. If the block
        raises, or calls no `store`, nothing is stored, no counter of a new device either.
        """
        ...

    def compose(self) -> Iterator[BulkRefusal]:
        """Decide what the devices of the entries are served, under the layers and the tags of now.

        Entries whose documents break a rule are removed, and returned as refusals, when the iterator is exhausted.
        Called before `lock`, it does what takes long without keeping others waiting; called inside of it, before
        `compare`, it decides again only what has changed meanwhile, and then the documents are final.
        """
        ...

    def compare(self, rules: EntryRules) -> None:
        """Determine the outcome of each entry; nothing is stored.

        rules: for the entries that have content. Restorations on a board that was replaced after the deletion are
            `Outcome.REPLACED` whatever the rules say.
        """
        ...

    def store(self, note: ChangeNote, now: datetime) -> str:
        """Store each entry whose outcome is one of `TAKING_REVISION`, as `ConfigService` would; return the id of the change.

        An entry with content is stored as by `put`, a deletion as by `delete`, a restoration as by `restore`
        with the content of the entry. Called once, inside `lock` and after `compose` and `compare`; otherwise it raises
        `RuntimeError`. An entry with the same content makes no revision and is not announced.
        """
        ...

    def tally(self) -> Mapping[Outcome, int]:
        """Return the number of entries by outcome, after `compare`."""
        ...

    def results(self, outcomes: Collection[Outcome]) -> Iterator[BulkResult]:
        """Return the results of entries with one of these outcomes, in their order, after `compare`."""
        ...
