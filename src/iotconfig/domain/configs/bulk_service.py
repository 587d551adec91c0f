"""The use cases for many configs at once: import, patch, undo and export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, TypeVar

from attrs import define, evolve, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import ServiceClosed
from iotconfig.domain.offload import Offload, run_inline

from .bulk import (
    PREVENTING,
    TAKING_REVISION,
    BulkEntry,
    BulkRefusal,
    ExportedConfig,
    OnRefusal,
    OnResult,
    Outcome,
    PatchOutcome,
    PatchSample,
    Tally,
)
from .bulk_batches import batches
from .bulk_options import (
    BulkOptions,
    EntryRules,
    ImportOptions,
    check_import_options,
    check_options,
)
from .bulk_patch import BulkPatch
from .bulk_pruning import prune_others
from .bulk_refusals import Refusals, duplicate_refusal, refusal_of
from .bulk_storing import store_together
from .edits import Merge
from .label_undoing import undo_labels
from .labels import ANY_TAGS, NO_LABELS, TagFilter
from .ports import BulkWrite
from .revisions import UNSIGNED, ChangeNote, check_note
from .selection import Selection, check_selection
from .store import Store
from .tagging import TagService
from .undoing import Undo, check_change_id, undo_note

T = TypeVar("T")

_READ_AT_ONCE: Final = 100
"""Configs that are read at a time, with their contents."""


def _ignore(_subject: object) -> None:
    """Ignore a report."""


def _never_yield() -> None:
    """Do not yield: no other request shares the thread."""


UndoOthers = Callable[[str, BulkOptions, ChangeNote, Refusals], Tally | None]
"""Undoes the change with this id, as `BulkService.undo` does; returns None where it is one of configs, or none at all."""


def _no_others(_change: str, _options: BulkOptions, _note: ChangeNote, _refusals: Refusals) -> None:
    """Undo nothing: all changes are of configs."""


@frozen
class BulkService:
    """Stores and reads many configs at once, with only a few of them in memory at a time.

    All methods may raise `StoreUnavailable` and `ServiceClosed`, those that write
    `StoreFull` too, and `TypeError` for arguments of other kinds than the documented.
    """

    store: Store
    clock: Clock
    max_content_bytes: int = DEFAULT_MAX_BYTES
    """Size limit of the results of a patch, in bytes of UTF-8."""
    yield_turn: Callable[[], None] = _never_yield
    """Called between two configs: yields to other requests in the same thread from time to time."""
    offload: Offload = run_inline
    """Runs work that keeps the processor busy."""
    undo_others: UndoOthers = _no_others
    """Undoes changes that are not of configs."""

    def load(
        self,
        source: Iterable[BulkEntry | BulkRefusal],
        options: ImportOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
        on_result: OnResult = _ignore,
    ) -> Tally:
        """Store the configs of `source`, as `options` say.

        `source` may be slow, and may contain refusals. `on_refusal` is called with these, and with each
        other entry that cannot be stored: two entries have the same MAC address, an entry is in
        conflict with a stored config, that is at another revision than `if_revision`, or its board was replaced
        by another one. Unless `options` say to keep going, one refusal prevents the whole write. Content that
        differs from the stored content only in line ends counts as the same, since editors and Windows tools
        add them.

        Where `options` say to prune, configs that `source` does not have are deleted, and `on_result` is called
        with the outcome of each. One that is changed meanwhile is refused.

        Where `options` have tags, entries of devices that have other tags are left out.

        Raises `ValidationFailed` and `PreconditionFailed` where pruning is not as `options` allow, and
        `TypeError` if an item of `source` is neither a `BulkEntry` nor a `BulkRefusal`.
        """
        check_import_options(options)
        check_note(note)
        refusals = Refusals(on_refusal, options.keep_going, self.yield_turn)
        with self.store.bulk_writing() as write:
            count = 0
            chosen = self._tagged(source, options.tags) if options.tags else source
            for batch in batches(_entries_of(self._yielding(chosen), refusals)):
                write.add(batch)
                count += len(batch)
            refusals.take(map(duplicate_refusal, write.take_duplicates()))
            if options.prune and refusals.count == 0:
                prune_others(write, count, options)
            if options.dry_run or refusals.prevent_storing:
                refusals.take(write.compose())
                write.compare(options.rules)
                change = None
            else:
                change = store_together(
                    write, options.rules, note, self.clock, refusals, keep_going=options.keep_going
                )
            refusals.take(map(refusal_of, write.results(PREVENTING)))
            for result in self._yielding(write.results({Outcome.DELETED})):
                on_result(result)
            return Tally.of(write.tally(), refusals.count, change)

    def patch(
        self,
        selection: Selection,
        patch: MergePatch,
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
        on_result: OnResult = _ignore,
    ) -> PatchOutcome:
        """Merge `patch` into every config that `selection` takes.

        A config that changes meanwhile is patched as it is then, if `selection` still takes it. Once stored,
        the same patch changes nothing: it may be repeated safely.

        on_refusal: called with each config whose result breaks a rule of content, and with each named config
            that does not exist.
        on_result: called with the outcome of each other config.

        Raises `NothingSelected`, and `UnexpectedCount`; nothing is stored then.
        """
        check_selection(selection)
        check_options(options)
        check_note(note)
        refusals = Refusals(on_refusal, options.keep_going, self.yield_turn)
        with self.store.bulk_writing() as write:
            merge = Merge(patch, self.max_content_bytes, self.offload)
            patching = BulkPatch(write, selection, merge, refusals, self.yield_turn)
            patching.add_entries()
            if options.dry_run:
                patching.compose()
                patching.compare()
                return _compared(write, refusals, on_result, patching.samples)
            change = patching.store(note, self.clock)
            if change is None:
                write.compare(EntryRules())
                return _compared(write, refusals, on_result)
            for result in self._yielding(write.results({Outcome.CHANGED, Outcome.SAME})):
                on_result(result)
            return PatchOutcome(Tally.of(write.tally(), refusals.count, change))

    def undo(
        self,
        change: str,
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
        on_result: OnResult = _ignore,
    ) -> Tally:
        """Restore what each config was before a change. That is a change itself, which can be undone.

        A created config is deleted, a deleted one is restored under its id, and one with other content gets its
        previous content. After a change of tags and notes, each config gets those back that it had. A change of layers
        is undone alike.

        change: the id of the change.
        note: without a message, the history names the change.
        on_refusal: called with each config that has changed again (`ChangedSince`), whose previous revision was
            pruned (`RecordGone`), whose device has another config by now (`RecordExists`), whose board was replaced,
            or whose previous content breaks a rule of content. Unless `options` say to keep going, one of them
            prevents the whole undo.
        on_result: called with the outcome of each other config.

        Raises `RecordNotFound` if there is no such change, and `Unprocessable` where it is one of a secret, whose earlier
        values are not kept.
        """
        check_kind(change, str, "The id of a change is a str")
        check_options(options)
        check_note(note)
        refusals = Refusals(on_refusal, options.keep_going, self.yield_turn)
        check_change_id(change)
        undone_elsewhere = self.undo_others(change, options, undo_note(change, note), refusals)
        if undone_elsewhere is not None:
            return undone_elsewhere
        tags = TagService(self.store, self.clock, self.yield_turn, self.offload)
        tally = undo_labels(tags, change, options, undo_note(change, note), refusals, on_result)
        if tally is not None:
            return tally
        with self.store.bulk_writing() as write:
            undo = Undo(self.store, write, refusals, self.yield_turn, self.offload, self.max_content_bytes)
            undo.add_entries(change)
            if options.dry_run or refusals.prevent_storing:
                refusals.take(write.compose())
                write.compare(EntryRules())
                undone = None
            else:
                undone = store_together(
                    write,
                    EntryRules(),
                    undo_note(change, note),
                    self.clock,
                    refusals,
                    keep_going=options.keep_going,
                )
            undo.report_hindered()
            for result in self._yielding(write.results(TAKING_REVISION | {Outcome.SAME})):
                on_result(result)
            return Tally.of(write.tally(), refusals.count, undone)

    @contextmanager
    def export(self, tags: TagFilter = ANY_TAGS) -> Iterator[Iterator[ExportedConfig]]:
        """Return all configs with these tags as they are at one moment, sorted by MAC address.

        Read them quickly, into a file if their consumer may be slow: the store keeps old
        versions of all rows until the end of the block. After the block, the iterator raises
        `ServiceClosed`.
        """
        with self.store.snapshot(tags) as configs:
            export = _OpenExport(self._yielding(configs))
            try:
                yield export
            finally:
                export.is_over = True

    def _tagged(
        self, source: Iterable[BulkEntry | BulkRefusal], tags: TagFilter
    ) -> Iterator[BulkEntry | BulkRefusal]:
        """The items of `source`, without entries of devices that have other tags; a device without a config has none."""
        items = iter(source)
        while some := list(islice(items, _READ_AT_ONCE)):
            entries = [item for item in some if isinstance(item, BulkEntry)]
            with self.store.reading() as view:
                configs = view.configs.load([entry.mac_address for entry in entries])
            labels = {config.mac_address: config.labels for config in configs}
            for item in some:
                if not isinstance(item, BulkEntry) or tags.takes(
                    labels.get(item.mac_address, NO_LABELS).tags
                ):
                    yield item

    def _yielding(self, items: Iterable[T]) -> Iterator[T]:
        """Return the items, and yield to other requests between them."""
        for item in items:
            self.yield_turn()
            yield item


@define
class _OpenExport(Iterator[ExportedConfig]):
    """The configs of an export, for as long as its block runs."""

    _configs: Iterator[ExportedConfig]
    is_over: bool = False

    def __next__(self) -> ExportedConfig:
        if self.is_over:
            raise ServiceClosed("The export is over: take its configs inside its block.")
        return next(self._configs)


def _entries_of(source: Iterable[BulkEntry | BulkRefusal], refusals: Refusals) -> Iterator[BulkEntry]:
    """Return the entries of `source`; report and count its refusals."""
    for item in source:
        if isinstance(item, BulkRefusal):
            refusals.take([item])
        else:
            check_kind(
                item,
                BulkEntry,
                'A fleet is loaded from entries, such as BulkEntry("row 1", mac_address, content)',
            )
            yield item


def _compared(
    write: BulkWrite, refusals: Refusals, on_result: OnResult, samples: Sequence[PatchSample] = ()
) -> PatchOutcome:
    """Return the outcome of a patch that stores nothing.

    A config that changed since it was read counts as changed: it would be patched as it is then.
    """
    for result in write.results({Outcome.CHANGED, Outcome.SAME, Outcome.STALE}):
        on_result(evolve(result, outcome=Outcome.CHANGED) if result.outcome is Outcome.STALE else result)
    outcomes = Counter(write.tally())
    outcomes[Outcome.CHANGED] += outcomes[Outcome.STALE]
    return PatchOutcome(Tally.of(outcomes, refusals.count), tuple(samples))
