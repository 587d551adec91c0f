"""One write of labels: of a selection, of entries, or of an undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from attrs import define, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import IotConfigError, Unprocessable

from .bulk import BulkRefusal, BulkResult, OnResult, Outcome, Tally
from .bulk_options import BulkOptions
from .bulk_refusals import Refusals
from .composing import Composer
from .config import Config
from .label_differences import DocumentDifference, ModelDifference, NoteDifference, TagDifference
from .label_ports import LabelChange, LabelledConfig
from .labels import MAX_DIFFERENT_TAGS, Labels, too_many_tags
from .revisions import ChangeNote
from .selection import Selection
from .served_anew import ServedAnew
from .store import Store, UnitOfWork, View

TOGETHER: Final = 100
"""Configs whose labels are read by one statement."""
_STORED_TOGETHER: Final = 500
"""Configs whose labels are stored by one statement: with 32 tags each, 16,000 rows, which take some 25 ms to write down."""

NewLabels = Callable[[LabelledConfig], Labels]
"""Returns the labels that a config gets. Raises the error with which it is refused."""

_T = TypeVar("_T")


@frozen
class _Plan:
    """What a write does to each config."""

    results: Sequence[BulkResult]
    changes: Sequence[LabelChange]
    """Those of the results, in their order; also where labels stay."""
    refusals: Sequence[BulkRefusal]
    served: Sequence[ServedAnew] = ()
    """The other documents of those devices that other layers reach, sorted by MAC address."""

    @property
    def new(self) -> Sequence[LabelChange]:
        """The changes that are to be stored."""
        return [change for change in self.changes if change.labels != change.config.labels]


@define
class LabelWrite:
    """One write of labels, all or nothing unless the options say to keep going."""

    _store: Store
    _clock: Clock
    _yield_turn: Callable[[], None]
    _refusals: Refusals
    _options: BulkOptions
    _selection: Selection | None = None
    results: Sequence[BulkResult] = ()
    """The outcomes of the configs that are not refused, sorted by MAC address."""

    def write(self, config_ids: Sequence[int], new_labels: NewLabels, note: ChangeNote) -> Tally:
        """Give each config, sorted by MAC address, its new labels, unless it is refused or the options say otherwise.

        The new labels are made before the unit of work, which keeps other writers waiting. They are made again only
        where labels have changed meanwhile.
        """
        with self._store.reading() as view:
            plan = self._plan(view, view.labels.find, config_ids, new_labels)
        change = None
        if plan.new and not self._options.dry_run and not self._prevents(plan):
            with self._store.writing() as work:
                is_current = work.labels.confirm([change.config for change in plan.changes])
                # Documents depend on contents, layers and models, too, which may be others by now.
                if not is_current or work.composer().heeds_labels:
                    plan = self._plan(work, work.labels.lock, config_ids, new_labels)
                if not self._prevents(plan):
                    change = self._record(work, plan, note)
        self.results = plan.results
        self._refusals.take(plan.refusals)
        outcomes = Counter(result.outcome for result in plan.results)
        return Tally.of(outcomes, self._refusals.count, change)

    def give_results(self, on_result: OnResult) -> None:
        """Report the results, and yield to other requests between them."""
        for result in self.results:
            self._yield_turn()
            on_result(result)

    def _plan(
        self,
        view: View,
        find: Callable[[Sequence[int]], Sequence[LabelledConfig]],
        config_ids: Sequence[int],
        new_labels: NewLabels,
    ) -> _Plan:
        """Make the new labels of the configs that `find` returns, and their documents."""
        results, changes, refusals = list[BulkResult](), list[LabelChange](), list[BulkRefusal]()
        served = list[ServedAnew]()
        composer: Composer | None = None
        for some in batches_of(config_ids):
            found = find(some)
            # After the first lock: then the layers stay.
            composer = composer or view.composer()
            contents = _contents(view, found) if composer.heeds_labels else {}
            for config in found:
                self._yield_turn()
                try:
                    change = LabelChange(config, new_labels(config))
                    anew = _served_anew(composer, contents.get(config.config_id), change)
                except IotConfigError as error:
                    refusals.append(BulkRefusal(str(config.mac_address), error))
                    continue
                changes.append(change)
                results.append(_result(change, anew))
                if anew is not None:
                    served.append(anew)
        if self._selection is not None:
            self._selection.check_count(len(results) + len(refusals))
        return _Plan(results, changes, refusals, served)

    def _prevents(self, plan: _Plan) -> bool:
        """Whether nothing may be stored, because a config was refused."""
        return self._refusals.prevent_storing or (bool(plan.refusals) and not self._options.keep_going)

    def _record(self, work: UnitOfWork, plan: _Plan, note: ChangeNote) -> str | None:
        now = self._clock()
        stored = store_labels(work, plan.new, note, now, self._yield_turn)
        for anew in batches_of(plan.served, _STORED_TOGETHER):
            self._yield_turn()
            work.serve(anew, note, now)
        return stored


def store_labels(
    work: UnitOfWork,
    changes: Sequence[LabelChange],
    note: ChangeNote,
    now: datetime,
    yield_turn: Callable[[], None] = lambda: None,
) -> str | None:
    """Store other labels of configs whose devices are locked; return the id of the write, None without changes.

    Raises `Unprocessable` for more than 1,000 different tags, and for a model that does not exist.
    """
    names = work.labels.names()
    is_new = any(not names.issuperset(change.labels.tags) for change in changes)
    if is_new:
        work.labels.lock_names()
    _check_models(work, changes)
    stored = None
    for some in batches_of(changes, _STORED_TOGETHER):
        yield_turn()
        stored = work.labels.record(some, note, now)
    if is_new and (count := len(work.labels.names())) > MAX_DIFFERENT_TAGS:
        raise too_many_tags(count)
    return stored


def _contents(view: View, found: Sequence[LabelledConfig]) -> Mapping[int, Config]:
    """The configs with their contents, by their ids."""
    return {config.id: config for config in view.configs.load([each.mac_address for each in found])}


def _served_anew(composer: Composer, config: Config | None, change: LabelChange) -> ServedAnew | None:
    """The other document that a device is served with its new labels; None where it is served the same.

    Raises `Unprocessable` where layers begin to reach a device whose content has nulls, and what `Composer.document`
    raises.
    """
    if config is None or _reach_alike(change):
        return None
    if not composer.reaching(change.config.labels):
        composer.check_beginning(config.mac_address, change.labels, config.content)
    document = composer.document(change.labels, config.content)
    return ServedAnew.of(config, document) if document.content.etag != config.document_etag else None


def _reach_alike(change: LabelChange) -> bool:
    """Whether the same layers reach the device before and after a change of its labels."""
    before, after = change.config.labels, change.labels
    return before.tags == after.tags and before.model == after.model


def _check_models(work: UnitOfWork, changes: Sequence[LabelChange]) -> None:
    """Raise `Unprocessable` for a model that does not exist; those that do cannot be deleted before the write ends."""
    new = {change.labels.model for change in changes if change.labels.model != change.config.labels.model}
    if not new.difference([None]):
        return
    work.models.lock()
    for name in sorted(each for each in new if each is not None):
        if work.models.get(name) is None:
            raise Unprocessable(
                f'There is no model "{name}": leave it out, or store one of this name first.',
                model=name,
            )


def _result(change: LabelChange, anew: ServedAnew | None) -> BulkResult:
    config, labels = change.config, change.labels
    return BulkResult(
        str(config.mac_address),
        config.mac_address,
        Outcome.SAME if labels == config.labels else Outcome.CHANGED,
        config.config_id,
        config.revision,
        tags=TagDifference.between(config.labels, labels),
        note=NoteDifference.between(config.labels, labels),
        model=ModelDifference.between(config.labels, labels),
        document=None
        if anew is None
        else DocumentDifference(anew.config.document_etag, anew.document.content.etag),
    )


def batches_of(items: Sequence[_T], size: int = TOGETHER) -> Iterator[Sequence[_T]]:
    """The items in parts that one statement takes."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
