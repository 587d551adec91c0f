"""The use cases for many configs at once: import, patch and export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from attrs import define, evolve, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.documents.line_ends import as_stored
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import IotConfigError, RecordExists, ServiceClosed, ValidationFailed
from iotconfig.domain.offload import Offload, run_inline

from .bulk import (
    BulkEntry,
    BulkOptions,
    BulkRefusal,
    BulkResult,
    Duplicate,
    ExportedConfig,
    OnConflict,
    OnRefusal,
    OnResult,
    Outcome,
    PatchOutcome,
    PatchSample,
    Tally,
)
from .config import Config
from .edits import Merge
from .ports import BulkWrite
from .query import ConfigQuery, check_query
from .revisions import UNSIGNED, ChangeNote, check_note
from .store import Store

T = TypeVar("T")

_BATCH: Final = 1000
"""Entries in one call of `BulkWrite.add`."""

_BATCH_CHARACTERS: Final = 1024 * 1024
"""Characters of content in one call of `BulkWrite.add`."""

_PAGE: Final = 100
"""Configs read at a time, with their contents."""

_SAMPLES: Final = 5
"""Changes that the dry run of a patch shows."""


def _ignore(_subject: object) -> None:
    """Ignore a report."""


def _never_yield() -> None:
    """Do not yield: no other request shares the thread."""


@frozen
class BulkService:
    """Stores and reads many configs at once, with only a few of them in memory at a time.

    All methods may raise `StoreUnavailable` and `ServiceClosed`, those that write
    `StoreFull` too, and `TypeError` for arguments of other kinds than the documented.
    """

    store: Store
    clock: Clock
    yield_turn: Callable[[], None] = _never_yield
    """Called between two configs: yields to other requests in the same thread from time to time."""
    offload: Offload = run_inline
    """Runs work that keeps the processor busy."""

    def load(
        self,
        source: Iterable[BulkEntry | BulkRefusal],
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
    ) -> Tally:
        """Store the configs of `source`, as `options` say.

        `source` may be slow, and may contain refusals. `on_refusal` is called with these, and with each
        other entry that cannot be stored: two entries have the same MAC address, or an entry is in
        conflict with a stored config. Unless `options` say to keep going, one refusal prevents the whole
        write. Content that differs from the stored content only in line ends counts as the same, since
        editors and Windows tools add them.

        Raises `TypeError` if an item of `source` is neither a `BulkEntry` nor a `BulkRefusal`.
        """
        _check_options(options)
        check_note(note)
        with self.store.bulk_writing() as write:
            refusals = _Refusals(on_refusal)
            for batch in _batches(refusals.taken_from(self._yielding(source))):
                write.add(list(self._as_stored(batch)))
            refusals.take(map(_duplicate, write.take_duplicates()))
            if options.dry_run or (refusals.count and not options.keep_going):
                write.compare(options.on_conflict)
                stored = False
            else:
                stored = write.store(
                    options.on_conflict, all_or_nothing=not options.keep_going, note=note, clock=self.clock
                )
            refusals.take(map(_conflict, write.results({Outcome.CONFLICT})))
            return _tally(write, refusals.count, stored=stored)

    def patch(
        self,
        query: ConfigQuery,
        patch: MergePatch,
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
        on_result: OnResult = _ignore,
        *,
        max_content_bytes: int = DEFAULT_MAX_BYTES,
    ) -> PatchOutcome:
        """Merge `patch` into every config that `query` selects (its page is ignored).

        A config that changes meanwhile is patched as it is then. Once stored, the same patch
        changes nothing: it may be repeated safely.

        on_refusal: called with each config whose result breaks a rule of content.
        on_result: called with the outcome of each other config.
        """
        check_query(query)
        _check_options(options)
        check_note(note)
        merge = Merge(patch, max_content_bytes, self.offload)
        refusals = _Refusals(on_refusal)
        samples: list[PatchSample] = []

        def renewed(configs: Sequence[Config]) -> Sequence[BulkEntry]:
            # The configs are locked: this waits for no other work.
            entries = list(_patched(configs, evolve(merge, offload=run_inline), refusals, samples))
            if refusals.count and not options.keep_going:
                raise _PatchRefused
            return entries

        with self.store.bulk_writing() as write:
            for batch in _batches(_patched(self._selected(query), merge, refusals, samples)):
                write.add(batch)
            if options.dry_run or (refusals.count and not options.keep_going):
                return _compared(write, refusals, samples if options.dry_run else [], on_result)
            try:
                write.store(
                    OnConflict.REPLACE, all_or_nothing=True, note=note, clock=self.clock, renew=renewed
                )
            except _PatchRefused:
                return _compared(write, refusals, [], on_result)
            for result in self._yielding(write.results({Outcome.CHANGED, Outcome.SAME})):
                on_result(result)
            return PatchOutcome(_tally(write, refusals.count, stored=True))

    @contextmanager
    def export(self) -> Iterator[Iterator[ExportedConfig]]:
        """Return all configs as they are at one moment, sorted by MAC address.

        Read them quickly, into a file if their consumer may be slow: the store keeps old
        versions of all rows until the end of the block. After the block, the iterator raises
        `ServiceClosed`.
        """
        with self.store.snapshot() as configs:
            export = _OpenExport(self._yielding(configs))
            try:
                yield export
            finally:
                export.is_over = True

    def _as_stored(self, batch: Sequence[BulkEntry]) -> Iterator[BulkEntry]:
        """Return the entries. Content that differs from the stored one only in line ends is replaced by that."""
        for start in range(0, len(batch), _PAGE):
            entries = batch[start : start + _PAGE]
            with self.store.reading() as view:
                found = view.configs.load([entry.mac_address for entry in entries])
            stored = {config.mac_address: config.content for config in found}
            for entry in entries:
                content = as_stored(entry.content, stored.get(entry.mac_address, entry.content))
                yield entry if content is entry.content else evolve(entry, content=content)

    def _yielding(self, items: Iterable[T]) -> Iterator[T]:
        """Return the items, and yield to other requests between them."""
        for item in items:
            self.yield_turn()
            yield item

    def _selected(self, query: ConfigQuery) -> Iterator[Config]:
        """The configs that a filter selects, read a page at a time."""
        page = evolve(query, after=None, limit=_PAGE, count=False)
        while True:
            with self.store.reading() as view:
                found = view.configs.find(page)
                configs = view.configs.load([summary.mac_address for summary in found.configs])
            yield from self._yielding(configs)
            if found.next is None:
                return
            page = evolve(page, after=found.next)


@define
class _OpenExport(Iterator[ExportedConfig]):
    """The configs of an export, for as long as its block runs."""

    _configs: Iterator[ExportedConfig]
    is_over: bool = False

    def __next__(self) -> ExportedConfig:
        if self.is_over:
            raise ServiceClosed("The export is over: take its configs inside its block.")
        return next(self._configs)


class _PatchRefused(Exception):
    """A config that was changed meanwhile cannot be patched, so nothing is stored."""


@define
class _Refusals:
    """Reports refusals, and counts them."""

    _on_refusal: OnRefusal
    count: int = 0

    def take(self, refusals: Iterable[BulkRefusal]) -> None:
        for refusal in refusals:
            self.count += 1
            self._on_refusal(refusal)

    def taken_from(self, source: Iterable[BulkEntry | BulkRefusal]) -> Iterator[BulkEntry]:
        """Return the entries of `source`; report and count its refusals."""
        for item in source:
            if isinstance(item, BulkRefusal):
                self.take([item])
            else:
                check_kind(
                    item,
                    BulkEntry,
                    'A fleet is loaded from entries, such as BulkEntry("row 1", mac_address, content)',
                )
                yield item


def _check_options(options: object) -> None:
    check_kind(
        options,
        BulkOptions,
        "The options are BulkOptions, such as BulkOptions(on_conflict=OnConflict.REPLACE)",
    )


def _compared(
    write: BulkWrite, refusals: _Refusals, samples: list[PatchSample], on_result: OnResult
) -> PatchOutcome:
    """Return the outcome of a dry run. A config that changed since it was read counts as changed: it would be patched."""
    write.compare(OnConflict.REPLACE)
    for result in write.results({Outcome.CHANGED, Outcome.SAME, Outcome.STALE}):
        on_result(evolve(result, outcome=Outcome.CHANGED) if result.outcome is Outcome.STALE else result)
    tally = _tally(write, refusals.count, stored=False)
    stale = write.tally().get(Outcome.STALE, 0)
    return PatchOutcome(evolve(tally, changed=tally.changed + stale), tuple(samples))


def _patched(
    configs: Iterable[Config], merge: Merge, refusals: _Refusals, samples: list[PatchSample]
) -> Iterator[BulkEntry]:
    """Return an entry with the patched content of each config."""
    for config in configs:
        place = str(config.mac_address)
        try:
            content = merge.merged(config.content)
        except IotConfigError as error:
            refusals.take([BulkRefusal(place, error)])
            continue
        if len(samples) < _SAMPLES and content.text != config.content.text:
            samples.append(PatchSample(config, content))
        yield BulkEntry(place, config.mac_address, content, if_revision=config.revision)


def _batches(entries: Iterable[BulkEntry]) -> Iterator[list[BulkEntry]]:
    """Return the entries in lists of limited length and limited text."""
    batch: list[BulkEntry] = []
    characters = 0
    for entry in entries:
        batch.append(entry)
        characters += len(entry.content.text)
        if len(batch) >= _BATCH or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _duplicate(duplicate: Duplicate) -> BulkRefusal:
    return BulkRefusal(
        duplicate.place,
        ValidationFailed(
            f"{duplicate.other_place} has the same MAC address {duplicate.mac_address}: keep one of them.",
            mac_address=str(duplicate.mac_address),
        ),
    )


def _conflict(result: BulkResult) -> BulkRefusal:
    error = RecordExists(
        result.mac_address, "its content is another; choose whether to skip or to replace conflicts"
    )
    return BulkRefusal(result.place, error)


def _tally(write: BulkWrite, refused: int, *, stored: bool) -> Tally:
    counts = write.tally()
    return Tally(
        new=counts.get(Outcome.NEW, 0),
        changed=counts.get(Outcome.CHANGED, 0),
        same=counts.get(Outcome.SAME, 0),
        skipped=counts.get(Outcome.SKIPPED, 0),
        refused=refused,
        stored=stored and bool(counts.get(Outcome.NEW, 0) + counts.get(Outcome.CHANGED, 0)),
    )
