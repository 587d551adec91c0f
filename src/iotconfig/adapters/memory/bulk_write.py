"""Many changes at once: entries wait in a list, and one transaction stores them one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import Factory, define, evolve

from iotconfig.domain.clock import Clock
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.bulk import (
    BulkEntry,
    BulkResult,
    Duplicate,
    OnConflict,
    Outcome,
    duplicates_among,
    outcome_of,
)
from iotconfig.domain.configs.ports import Rebase
from iotconfig.domain.configs.revisions import ChangeNote, Operation

from .state import Committed
from .unit_of_work import MemoryUnitOfWork


@define
class MemoryBulkWrite:
    """`BulkWrite` of a memory store."""

    _committed: Committed
    _entries: list[BulkEntry] = Factory(list)
    _results: list[BulkResult] = Factory(list)

    def add(self, entries: Sequence[BulkEntry]) -> None:
        self._entries.extend(entries)

    def take_duplicates(self) -> Iterator[Duplicate]:
        yield from duplicates_among(self._entries)
        counts = Counter(entry.mac_address for entry in self._entries)
        self._entries = [entry for entry in self._entries if counts[entry.mac_address] == 1]

    def compare(self, on_conflict: OnConflict) -> None:
        work = MemoryUnitOfWork.on(self._committed.state)
        self._results = [_compared(work, entry, on_conflict) for entry in self._entries]

    def store(
        self,
        on_conflict: OnConflict,
        *,
        all_or_nothing: bool,
        note: ChangeNote,
        clock: Clock,
        renew: Rebase | None = None,
    ) -> bool:
        with self._committed.transaction() as state:
            work = MemoryUnitOfWork.on(state)
            self._results = [_compared(work, entry, on_conflict) for entry in self._entries]
            if renew is not None:
                self._renew(work, renew)
                self._results = [_compared(work, entry, on_conflict) for entry in self._entries]
            is_stored = not (all_or_nothing and {Outcome.CONFLICT, Outcome.STALE} & set(self.tally()))
            if is_stored:
                now = clock()
                pairs = zip(self._entries, self._results, strict=True)
                self._results = [_stored(work, entry, result, note, now) for entry, result in pairs]
        return is_stored

    def _renew(self, work: MemoryUnitOfWork, renew: Rebase) -> None:
        stale = {result.mac_address for result in self._results if result.outcome is Outcome.STALE}
        fresh = renew(work.configs.load(list(stale)))
        self._entries = [entry for entry in self._entries if entry.mac_address not in stale] + [*fresh]

    def tally(self) -> Mapping[Outcome, int]:
        return Counter(result.outcome for result in self._results)

    def results(self, outcomes: Collection[Outcome]) -> Iterator[BulkResult]:
        return (result for result in self._results if result.outcome in outcomes)


_TAKES_REVISION = frozenset({Outcome.NEW, Outcome.CHANGED})


def _compared(work: MemoryUnitOfWork, entry: BulkEntry, on_conflict: OnConflict) -> BulkResult:
    config = work.configs.get_by_mac(entry.mac_address)
    outcome = outcome_of(entry, config, on_conflict)
    revision = config.revision if config else None
    return BulkResult(
        place=entry.place,
        mac_address=entry.mac_address,
        outcome=outcome,
        config_id=config.id if config else None,
        revision=work.counters.next_revision(entry.mac_address) if outcome in _TAKES_REVISION else revision,
    )


def _stored(
    work: MemoryUnitOfWork, entry: BulkEntry, result: BulkResult, note: ChangeNote, now: datetime
) -> BulkResult:
    if result.outcome not in _TAKES_REVISION:
        return result
    counter = work.counters.lock(entry.mac_address)
    config = work.configs.get_by_mac(entry.mac_address)
    if config is None:
        change = changes.created(counter, entry.content, now)
    else:
        change = changes.edited(counter, config, entry.content, Operation.UPDATE, now)
    (stored,) = work.record([change], note, now)
    return evolve(result, config_id=stored.id, revision=stored.revision)
