"""Many entries, stored in one transaction."""

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
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.ports import Rebase
from iotconfig.domain.configs.revisions import ChangeNote, Operation

from .file import RecordsFile
from .unit_of_work import JsonFileUnitOfWork


@define
class JsonFileBulkWrite:
    """`BulkWrite` of one file. Entries are collected in memory: such a file does not have many configs."""

    _file: RecordsFile
    _entries: list[BulkEntry] = Factory(list)
    _results: list[BulkResult] = Factory(list)

    def add(self, entries: Sequence[BulkEntry]) -> None:
        self._entries.extend(entries)

    def take_duplicates(self) -> Iterator[Duplicate]:
        yield from duplicates_among(self._entries)
        counts = Counter(entry.mac_address for entry in self._entries)
        self._entries = [entry for entry in self._entries if counts[entry.mac_address] == 1]

    def compare(self, on_conflict: OnConflict) -> None:
        self._compare(JsonFileUnitOfWork.on(self._file.read()), on_conflict)

    def store(
        self,
        on_conflict: OnConflict,
        *,
        all_or_nothing: bool,
        note: ChangeNote,
        clock: Clock,
        renew: Rebase | None = None,
    ) -> bool:
        with self._file.transaction() as records:
            work = JsonFileUnitOfWork.on(records)
            self._compare(work, on_conflict)
            if renew is not None:
                self._renew(work, renew)
                self._compare(work, on_conflict)
            if all_or_nothing and {Outcome.CONFLICT, Outcome.STALE} & set(self.tally()):
                return False
            now = clock()
            pairs = zip(self._entries, self._results, strict=True)
            self._results = [_stored(work, entry, result, note, now) for entry, result in pairs]
        return True

    def tally(self) -> Mapping[Outcome, int]:
        return Counter(result.outcome for result in self._results)

    def results(self, outcomes: Collection[Outcome]) -> Iterator[BulkResult]:
        return (result for result in self._results if result.outcome in outcomes)

    def _compare(self, work: JsonFileUnitOfWork, on_conflict: OnConflict) -> None:
        configs = {
            config.mac_address: config for config in work.configs.load([e.mac_address for e in self._entries])
        }
        self._results = [
            _compared(work, entry, configs.get(entry.mac_address), on_conflict) for entry in self._entries
        ]

    def _renew(self, work: JsonFileUnitOfWork, renew: Rebase) -> None:
        stale = [result.mac_address for result in self._results if result.outcome is Outcome.STALE]
        fresh = renew(work.configs.load(stale))
        self._entries = [e for e in self._entries if e.mac_address not in stale] + [*fresh]


def _compared(
    work: JsonFileUnitOfWork, entry: BulkEntry, config: Config | None, on_conflict: OnConflict
) -> BulkResult:
    outcome = outcome_of(entry, config, on_conflict)
    revision = config.revision if config else None
    if outcome in (Outcome.NEW, Outcome.CHANGED):
        revision = work.counters.lock(entry.mac_address).next_revision()
    return BulkResult(entry.place, entry.mac_address, outcome, config.id if config else None, revision)


def _stored(
    work: JsonFileUnitOfWork, entry: BulkEntry, result: BulkResult, note: ChangeNote, now: datetime
) -> BulkResult:
    if result.outcome not in (Outcome.NEW, Outcome.CHANGED):
        return result
    counter = work.counters.lock(entry.mac_address)
    config = work.configs.get(result.config_id) if result.config_id else None
    # The core makes the changes; an adapter only records them.
    if config is None:
        change = changes.created(counter, entry.content, now)
    else:
        change = changes.edited(counter, config, entry.content, Operation.UPDATE, now)
    (stored,) = work.record([change], note, now)
    return evolve(result, config_id=stored.id, revision=stored.revision)
