"""Many changes at once: entries wait in a list, and one transaction stores them one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

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

from .state import Committed
from .unit_of_work import MemoryUnitOfWork

_PAGE: Final = 100


@define
class MemoryBulkWrite:
    """`BulkWrite` of a memory store."""

    _committed: Committed
    _entries: list[AnyEntry] = Factory(list)
    _selected: list[MacAddress] = Factory(list)
    _results: list[BulkResult] = Factory(list)
    _locked: MemoryUnitOfWork | None = None

    def add(self, entries: Sequence[AnyEntry]) -> None:
        self._entries.extend(entries)

    def take_duplicates(self) -> Iterator[Duplicate]:
        yield from duplicates_among(self._entries)
        counts = Counter(entry.mac_address for entry in self._entries)
        self._entries = [entry for entry in self._entries if counts[entry.mac_address] == 1]

    def add_deletions_of_others(self) -> int:
        held = {entry.mac_address for entry in self._entries}
        found = self._work.configs.matching(ConfigQuery(with_content=True))
        others = [config for config in found if config.mac_address not in held]
        self._entries += (BulkDeletion(str(c.mac_address), c.mac_address, c.revision) for c in others)
        return len(others)

    def select(self, selection: Selection) -> None:
        found = self._work.configs.matching(ConfigQuery())
        self._selected = [config.mac_address for config in found if selection.is_candidate(config)]

    def select_stale(self) -> int:
        work = self._work
        stale = {entry.mac_address for entry in self._entries if is_stale(work, entry)}
        self._entries = [entry for entry in self._entries if entry.mac_address not in stale]
        self._selected = sorted(stale)
        return len(stale)

    def selected(self) -> Iterator[Sequence[Config]]:
        for start in range(0, len(self._selected), _PAGE):
            yield self._work.configs.load(self._selected[start : start + _PAGE])

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._committed.transaction() as state:
            self._locked = MemoryUnitOfWork.on(state, self._committed.composers)
            try:
                yield
            finally:
                self._locked = None

    def compose(self) -> Iterator[BulkRefusal]:
        work = self._work
        refused = [refusal for entry in self._entries if (refusal := document_refusal(work, entry))]
        yield from refused
        places = frozenset(refusal.place for refusal in refused)
        self._entries = [entry for entry in self._entries if entry.place not in places]

    def compare(self, rules: EntryRules) -> None:
        work = self._work
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

    @property
    def _work(self) -> MemoryUnitOfWork:
        """The locked state, or else the committed one."""
        return self._locked or MemoryUnitOfWork.on(self._committed.state, self._committed.composers)


def _compared(work: MemoryUnitOfWork, entry: AnyEntry, outcome: Outcome) -> BulkResult:
    config = work.configs.get_by_mac(entry.mac_address)
    is_stored = outcome in TAKING_REVISION
    revision = config.revision if config else None
    config_id = config.id if config else None
    return BulkResult(
        place=entry.place,
        mac_address=entry.mac_address,
        outcome=outcome,
        config_id=entry.config_id if isinstance(entry, BulkRestoration) else config_id,
        revision=work.counters.next_revision(entry.mac_address) if is_stored else revision,
        replaced_by=work.counters.replaced_by(entry.mac_address) if outcome is Outcome.REPLACED else None,
    )


def _stored(
    work: MemoryUnitOfWork, entry: AnyEntry, result: BulkResult, note: ChangeNote, now: datetime
) -> BulkResult:
    if result.outcome not in TAKING_REVISION:
        return result
    (stored,) = work.record([change_of(work, entry, now)], note, now)
    return evolve(result, config_id=stored.id, revision=stored.revision)
