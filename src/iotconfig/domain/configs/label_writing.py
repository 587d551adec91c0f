"""One write of labels: of a selection, of entries, or of an undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import define, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import IotConfigError

from .bulk import BulkRefusal, BulkResult, OnResult, Outcome, Tally
from .bulk_options import BulkOptions
from .bulk_refusals import Refusals
from .label_differences import NoteDifference, TagDifference
from .label_ports import LabelChange, LabelledConfig
from .labels import MAX_DIFFERENT_TAGS, Labels, too_many_tags
from .revisions import ChangeNote
from .selection import Selection
from .store import Store, UnitOfWork

TOGETHER: Final = 100
"""Configs whose labels are read or stored by one statement: with 32 tags each, 3,200 rows, which take some 10 ms to write down."""

NewLabels = Callable[[LabelledConfig], Labels]
"""Returns the labels that a locked config gets. Raises the error with which it is refused."""


class _Prevented(Exception):
    """A refusal prevents the write, which is rolled back."""


@define
class LabelWrite:
    """One write of labels, all or nothing unless the options say to keep going."""

    _store: Store
    _clock: Clock
    _yield_turn: Callable[[], None]
    _refusals: Refusals
    _options: BulkOptions
    _selection: Selection | None = None
    results: list[BulkResult] = field(factory=list)
    """The outcomes of the configs that are not refused, sorted by MAC address."""
    _change: str | None = None
    _unfit: int = 0
    """The number of configs that exist and are refused."""

    def write(self, config_ids: Sequence[int], new_labels: NewLabels, note: ChangeNote) -> Tally:
        """Give each config, sorted by MAC address, its new labels, unless it is refused or the options say otherwise."""
        with self._refusals.deferred():
            if self._options.dry_run or self._refusals.prevent_storing:
                with self._store.reading() as view:
                    for some in batches_of(config_ids):
                        self._changes(view.labels.find(some), new_labels)
                self._check_count()
            else:
                try:
                    with self._store.writing() as work:
                        self._record(work, config_ids, new_labels, note)
                except _Prevented:
                    self._change = None
        outcomes = Counter(result.outcome for result in self.results)
        return Tally.of(outcomes, self._refusals.count, self._change)

    def give_results(self, on_result: OnResult) -> None:
        """Report the results, and yield to other requests between them."""
        for result in self.results:
            self._yield_turn()
            on_result(result)

    def _record(
        self,
        work: UnitOfWork,
        config_ids: Sequence[int],
        new_labels: NewLabels,
        note: ChangeNote,
    ) -> None:
        now = self._clock()
        names = work.labels.names()
        is_new = False
        for some in batches_of(config_ids):
            changes = self._changes(work.labels.lock(some), new_labels)
            if not is_new and any(not names.issuperset(change.labels.tags) for change in changes):
                is_new = True
                work.labels.lock_names()
            if changes:
                self._yield_turn()
                self._change = work.labels.record(changes, note, now)
        self._check_count()
        if self._refusals.prevent_storing:
            raise _Prevented
        if is_new and (count := len(work.labels.names())) > MAX_DIFFERENT_TAGS:
            raise too_many_tags(count)

    def _changes(self, found: Sequence[LabelledConfig], new_labels: NewLabels) -> list[LabelChange]:
        changes = []
        for config in found:
            self._yield_turn()
            place = str(config.mac_address)
            try:
                labels = new_labels(config)
            except IotConfigError as error:
                self._unfit += 1
                self._refusals.take([BulkRefusal(place, error)])
                continue
            outcome = Outcome.SAME if labels == config.labels else Outcome.CHANGED
            self.results.append(
                BulkResult(
                    place,
                    config.mac_address,
                    outcome,
                    config.config_id,
                    config.revision,
                    tags=TagDifference.between(config.labels, labels),
                    note=NoteDifference.between(config.labels, labels),
                )
            )
            if outcome is Outcome.CHANGED:
                changes.append(LabelChange(config, labels))
        return changes

    def _check_count(self) -> None:
        if self._selection is not None:
            self._selection.check_count(len(self.results) + self._unfit)


def batches_of(config_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in parts that one statement takes."""
    for start in range(0, len(config_ids), TOGETHER):
        yield config_ids[start : start + TOGETHER]
