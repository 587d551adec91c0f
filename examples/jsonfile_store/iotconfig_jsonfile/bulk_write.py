"""Many entries, stored in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from attrs import Factory, define, evolve

from iotconfig.domain.configs.bulk import (
    NOT_LOCKED,
    TAKING_REVISION,
    AnyEntry,
    BulkDeletion,
    BulkRefusal,
    BulkRestoration,
    BulkResult,
    Duplicate,
    Outcome,
    duplicates_among,
)
from iotconfig.domain.configs.bulk_changes import change_of, document_refusal, is_stale, outcome_of
from iotconfig.domain.configs.bulk_options import EntryRules
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.mac import MacAddress

from .file import RecordsFile
from .unit_of_work import JsonFileUnitOfWork


@define
class JsonFileBulkWrite:
    """`BulkWrite` of one file. Entries are collected in memory: such a file does not have many configs."""

    _file: RecordsFile
    _entries: list[AnyEntry] = Factory(list)
    _selected: list[MacAddress] = Factory(list)
    _results: list[BulkResult] = Factory(list)
    _locked: JsonFileUnitOfWork | None = None

    def add(self, entries: Sequence[AnyEntry]) -> None:
        self._entries.extend(entries)

    def take_duplicates(self) -> Iterator[Duplicate]:
        yield from duplicates_among(self._entries)
        counts = Counter(entry.mac_address for entry in self._entries)
        self._entries = [entry for entry in self._entries if counts[entry.mac_address] == 1]

    def add_deletions_of_others(self) -> int:
        held = {entry.mac_address for entry in self._entries}
        found = self._work().configs.matching(ConfigQuery(with_content=True))
        others = [config for config in found if config.mac_address not in held]
        self._entries += (BulkDeletion(str(c.mac_address), c.mac_address, c.revision) for c in others)
        return len(others)

    def select(self, selection: Selection) -> None:
        found = self._work().configs.matching(ConfigQuery())
        self._selected = [config.mac_address for config in found if selection.is_candidate(config)]

    def select_stale(self) -> int:
        work = self._work()
        stale = {entry.mac_address for entry in self._entries if is_stale(work, entry)}
        self._entries = [entry for entry in self._entries if entry.mac_address not in stale]
        self._selected = list(stale)
        return len(stale)

    def selected(self) -> Iterator[Sequence[Config]]:
        yield self._work().configs.load(self._selected)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._file.transaction() as records:
            self._locked = JsonFileUnitOfWork.on(records, self._file.composers)
            try:
                yield
            finally:
                self._locked = None

    def compose(self) -> Iterator[BulkRefusal]:
        work = self._work()
        refused = [refusal for entry in self._entries if (refusal := document_refusal(work, entry))]
        yield from refused
        places = frozenset(refusal.place for refusal in refused)
        self._entries = [entry for entry in self._entries if entry.place not in places]

    def compare(self, rules: EntryRules) -> None:
        work = self._work()
        self._results = [
            _compared(
                work,
                entry,
                outcome_of(work, entry, rules),
            )
            for entry in self._entries
        ]

    def store(self, note: ChangeNote, now: datetime) -> str:
        if self._locked is None:
            raise RuntimeError(NOT_LOCKED)
        work, self._locked = self._locked, None
        pairs = zip(self._entries, self._results, strict=True)
        self._results = [_stored(work, entry, result, note, now) for entry, result in pairs]
        return work.change_id

    def tally(self) -> Mapping[Outcome, int]:
        return Counter(result.outcome for result in self._results)

    def results(self, outcomes: Collection[Outcome]) -> Iterator[BulkResult]:
        return (result for result in self._results if result.outcome in outcomes)

    def _work(self) -> JsonFileUnitOfWork:
        """The locked records, or else those that the file has now."""
        return self._locked or JsonFileUnitOfWork.on(self._file.read(), self._file.composers)


def _compared(work: JsonFileUnitOfWork, entry: AnyEntry, outcome: Outcome) -> BulkResult:
    config = work.configs.get_by_mac(entry.mac_address)
    revision = config.revision if config else None
    if outcome in TAKING_REVISION:
        revision = work.counters.lock(entry.mac_address).next_revision()
    config_id = config.id if config else None
    if isinstance(entry, BulkRestoration):
        config_id = entry.config_id
    replaced_by = work.counters.replaced_by(entry.mac_address) if outcome is Outcome.REPLACED else None
    return BulkResult(entry.place, entry.mac_address, outcome, config_id, revision, replaced_by)


def _stored(
    work: JsonFileUnitOfWork, entry: AnyEntry, result: BulkResult, note: ChangeNote, now: datetime
) -> BulkResult:
    if result.outcome not in TAKING_REVISION:
        return result
    # The core makes the changes; an adapter only records them.
    (stored,) = work.record([change_of(work, entry, now)], note, now)
    return evolve(result, config_id=stored.id, revision=stored.revision)
