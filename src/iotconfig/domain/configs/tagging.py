"""The use cases of tags and notes: of one device, of a selection, and the undo of a change of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import ChangedSince, IotConfigError, RecordNotFound
from iotconfig.domain.mac import MacAddress, mac_address_of
from iotconfig.domain.offload import Offload, run_inline

from .bulk import BulkRefusal, BulkResult, OnRefusal, OnResult, Outcome, Tally
from .bulk_options import BulkOptions
from .bulk_refusals import Refusals
from .config import Config
from .existing import absent
from .label_ports import LabelChange, LabelledConfig, LabelReader, LabelRevision, TagCount
from .labels import MAX_DIFFERENT_TAGS, LabelEdit, Labels, too_many_tags
from .revisions import UNSIGNED, ChangeNote, Operation, check_note
from .selection import Selection, check_selection
from .store import Store, UnitOfWork

_TOGETHER: Final = 250
"""Configs whose labels are read or stored by one statement: with 32 tags each, 8,000 rows."""

_IGNORED: Final = BulkOptions()

NewLabels = Callable[[LabelledConfig], Labels]
"""Returns the labels that a locked config gets. Raises the error with which it is refused."""


def _ignore(_subject: object) -> None:
    """Ignore a report."""


def _never_yield() -> None:
    """Do not yield: no other request shares the thread."""


class _Prevented(Exception):
    """A refusal prevents the write, which is rolled back."""


@frozen
class TagService:
    """Sets tags and notes of devices that have a config.

    A change of them makes no revision and is not announced; it is in the change log, and can be undone. All methods
    may raise `StoreUnavailable` and `ServiceClosed`, those that write `StoreFull` too.
    """

    store: Store
    clock: Clock
    yield_turn: Callable[[], None] = _never_yield
    """Called between two configs: yields to other requests in the same thread from time to time."""
    offload: Offload = run_inline
    """Runs work that keeps the processor busy."""

    def counts(self) -> Sequence[TagCount]:
        """All tags that devices have, sorted, with the number of devices that have each."""
        with self.store.reading() as view:
            return view.labels.counts()

    def edit(self, mac_address: MacAddress | str, edit: LabelEdit, note: ChangeNote = UNSIGNED) -> str | None:
        """Change the labels of one device; return the id of the change, None where it has these labels already.

        Raises `RecordNotFound` for a device without a config, `RecordGone` for a board that was replaced,
        `ValidationFailed` for more than 32 tags, and `Unprocessable` for more than 1,000 different tags.
        """
        mac_address = mac_address_of(mac_address)
        _check_edit(edit)
        check_note(note)
        with self.store.reading() as view:
            config = view.configs.get_by_mac(mac_address)
            if config is None:
                raise absent(view, mac_address)
        refusals: list[BulkRefusal] = []
        writing = _LabelWrite(self, Refusals(refusals.append, keep_going=False), _IGNORED)
        tally = writing.write([config.id], lambda found: edit.apply(found.labels), Operation.UPDATE, note)
        if refusals:
            raise refusals[0].error
        if not writing.results:
            raise RecordNotFound(mac_address)
        return tally.change

    def tag(
        self,
        selection: Selection,
        edit: LabelEdit,
        options: BulkOptions = _IGNORED,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
        on_result: OnResult = _ignore,
    ) -> Tally:
        """Change the labels of every config that `selection` takes, in one transaction.

        The selection is made before the transaction; configs that are deleted meanwhile are left out of it. Once
        stored, the same edit changes nothing: it may be repeated safely.

        options: `keep_going` and `dry_run`.
        on_refusal: called with each config that would have more than 32 tags, and with each named config that does
            not exist. Unless `options` say to keep going, one of them prevents the whole write.
        on_result: called with the outcome of each other config, changed or same.

        Raises `NothingSelected`, `UnexpectedCount`, and `Unprocessable` for more than 1,000 different tags; nothing is
        stored then.
        """
        check_selection(selection)
        _check_edit(edit)
        check_note(note)
        refusals = Refusals(on_refusal, options.keep_going)
        config_ids = self._selected(selection, refusals)
        writing = _LabelWrite(self, refusals, options, selection)
        tally = writing.write(config_ids, lambda found: edit.apply(found.labels), Operation.UPDATE, note)
        for result in writing.results:
            self.yield_turn()
            on_result(result)
        return tally

    def _selected(self, selection: Selection, refusals: Refusals) -> list[int]:
        """The ids of the selected configs, sorted by MAC address; named ones that do not exist are refused."""
        names: list[MacAddress | str] = [*(selection.mac_addresses or ()), *(selection.device_names or ())]
        unseen: dict[MacAddress | str | None, None] = dict.fromkeys(names)
        ids = []
        with self.store.bulk_writing() as write:
            write.select(selection)
            for page in write.selected():
                for config in page:
                    self.yield_turn()
                    unseen.pop(config.mac_address, None)
                    unseen.pop(config.content.device_name, None)
                    if self._takes(selection, config):
                        ids.append(config.id)
        refusals.take(BulkRefusal(str(name), RecordNotFound(name)) for name in unseen)
        return ids

    def _takes(self, selection: Selection, config: Config) -> bool:
        if not selection.where:
            return selection.takes(config)
        return self.offload(lambda: selection.takes(config), len(config.content.text))


def undo_labels(
    tags: TagService,
    change: str,
    options: BulkOptions,
    note: ChangeNote,
    refusals: Refusals,
    on_result: OnResult = _ignore,
) -> Tally | None:
    """Restore the labels that configs had before a change; None where the change is not one of labels.

    Configs whose labels have changed again, and deleted ones, are refused (`ChangedSince`). Raises `Unprocessable`
    for more than 1,000 different tags.
    """
    with tags.store.reading() as view:
        revisions = {each.config_id: each for each in _made_by(view.labels, change)}
        # An adoption sets the tags of the config that it creates: they go, and return, with the config.
        if not revisions or view.history.of_change(change, 0, 1):
            return None
        found = _found(view.labels, revisions)
    existing = frozenset(found)
    refusals.take(_deleted(each) for each in revisions.values() if each.config_id not in existing)
    writing = _LabelWrite(tags, refusals, options)
    tally = writing.write(found, lambda config: _undone(config, revisions), Operation.ROLLBACK, note)
    for result in writing.results:
        tags.yield_turn()
        on_result(result)
    return tally


@define
class _LabelWrite:
    """One write of labels, all or nothing unless the options say to keep going."""

    _service: TagService
    _refusals: Refusals
    _options: BulkOptions
    _selection: Selection | None = None
    results: list[BulkResult] = field(factory=list)
    """The outcomes of the configs that are not refused, sorted by MAC address."""
    _change: str | None = None
    _unfit: int = 0
    """The number of configs that exist and are refused."""

    def write(
        self, config_ids: Sequence[int], new_labels: NewLabels, operation: Operation, note: ChangeNote
    ) -> Tally:
        """Give each config, sorted by MAC address, its new labels, unless it is refused or the options say otherwise."""
        store = self._service.store
        with self._refusals.deferred():
            if self._options.dry_run or self._refusals.prevent_storing:
                with store.reading() as view:
                    for some in _batches(config_ids):
                        self._changes(view.labels.find(some), new_labels)
                self._check_count()
            else:
                try:
                    with store.writing() as work:
                        self._store(work, config_ids, new_labels, operation, note)
                except _Prevented:
                    self._change = None
        outcomes = Counter(result.outcome for result in self.results)
        return Tally.of(outcomes, self._refusals.count, self._change)

    def _store(
        self,
        work: UnitOfWork,
        config_ids: Sequence[int],
        new_labels: NewLabels,
        operation: Operation,
        note: ChangeNote,
    ) -> None:
        now = self._service.clock()
        names = work.labels.names()
        is_new = False
        for some in _batches(config_ids):
            changes = self._changes(work.labels.lock(some), new_labels)
            if not is_new and any(not names.issuperset(change.labels.tags) for change in changes):
                is_new = True
                work.labels.lock_names()
            if changes:
                self._change = work.labels.record(changes, operation, note, now)
        self._check_count()
        if self._refusals.prevent_storing:
            raise _Prevented
        if is_new and (count := len(work.labels.names())) > MAX_DIFFERENT_TAGS:
            raise too_many_tags(count)

    def _changes(self, found: Sequence[LabelledConfig], new_labels: NewLabels) -> list[LabelChange]:
        changes = []
        for config in found:
            self._service.yield_turn()
            place = str(config.mac_address)
            try:
                labels = new_labels(config)
            except IotConfigError as error:
                self._unfit += 1
                self._refusals.take([BulkRefusal(place, error)])
                continue
            outcome = Outcome.SAME if labels == config.labels else Outcome.CHANGED
            self.results.append(
                BulkResult(place, config.mac_address, outcome, config.config_id, config.revision)
            )
            if outcome is Outcome.CHANGED:
                changes.append(LabelChange(config, labels))
        return changes

    def _check_count(self) -> None:
        if self._selection is not None:
            self._selection.check_count(len(self.results) + self._unfit)


def _made_by(labels: LabelReader, change: str) -> Iterator[LabelRevision]:
    after = 0
    while page := labels.of_change(change, after, _TOGETHER):
        yield from page
        after = page[-1].config_id


def _found(labels: LabelReader, config_ids: Iterable[int]) -> list[int]:
    """The ids of those of the configs that exist, sorted by MAC address."""
    found: list[LabelledConfig] = []
    for some in _batches(list(config_ids)):
        found += labels.find(some)
    return [config.config_id for config in sorted(found, key=lambda config: config.mac_address)]


def _batches(config_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(config_ids), _TOGETHER):
        yield config_ids[start : start + _TOGETHER]


def _undone(config: LabelledConfig, revisions: Mapping[int, LabelRevision]) -> Labels:
    """The labels before the change. Raises `ChangedSince` where they have changed again."""
    revision = revisions[config.config_id]
    if config.number != revision.number:
        raise ChangedSince(
            f"The tags or the note of {config.mac_address} have changed again since the change.",
            config_id=config.config_id,
            mac_address=str(config.mac_address),
        )
    return revision.before


def _deleted(revision: LabelRevision) -> BulkRefusal:
    config_id = revision.config_id
    return BulkRefusal(
        f"config {config_id}",
        ChangedSince(
            f"Config {config_id} was deleted since the change: restore it, then undo the change.",
            config_id=config_id,
        ),
    )


def _check_edit(edit: object) -> None:
    check_kind(edit, LabelEdit, 'A change of tags is a LabelEdit, such as LabelEdit(add=["kitchen"])')
