"""The use cases of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TypeVar

from attrs import evolve, field, frozen

from iotconfig.domain.arguments import check_kind, check_whole_number, kind_of
from iotconfig.domain.change_notes import UNSIGNED, ChangeNote, check_note
from iotconfig.domain.clock import Clock
from iotconfig.domain.configs.composing import Composer
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.errors import PreconditionFailed, RecordNotFound
from iotconfig.domain.layers.layer import Layer, LayerSummary, layer_name_of
from iotconfig.domain.layers.layer_stack import LayerStack
from iotconfig.domain.layers.ports import LayerReader
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.layers.revisions import (
    LayerChange,
    LayerHistoryPage,
    LayerHistoryQuery,
    LayerRevision,
    LayerRevisionSummary,
)
from iotconfig.domain.layers.rules import check_together
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload, run_inline
from iotconfig.domain.paging import MAX_PAGE, all_items

from .edits import LayersEdit, PatchLayer
from .effects import Effects, effects_on
from .history import compared, found_revision, newest_revision
from .previews import LayersPreview
from .progress import newest_recompositions, recomposition_of
from .reaching import concerned_devices
from .recomposing import AT_ONCE, Edited, Extent, pages_of, recompose

T = TypeVar("T")

_MERGED_AHEAD: Final = 4
"""Attempts to merge a patch before the lock is taken, while other writers change the same layer."""

_ANY_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of changes that are only looked at."""


def _never_yield() -> None:
    """Do not yield: no other request shares the thread."""


@frozen
class LayersWritten:
    """What an edit of layers stored."""

    change: str | None
    """The id of the write; None where nothing changed."""
    changes: tuple[LayerChange, ...]
    """The changes of layers; none where all stayed as it was."""
    served: int | None = 0
    """The number of devices that are served another document; None where a job goes through the devices."""


@frozen
class LayerService:
    """Reads and changes layers.

    All methods may raise `StoreUnavailable` and `ServiceClosed`, those that write `StoreFull` too, and `TypeError` for
    arguments of other kinds than the documented.
    """

    store: Store
    clock: Clock
    max_content_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of documents, in bytes of UTF-8."""
    yield_turn: Callable[[], None] = field(default=_never_yield, eq=False, repr=False)
    """Called between two devices: yields to other requests in the same thread from time to time."""
    offload: Offload = field(default=run_inline, eq=False, repr=False)
    """Runs the composition of large documents."""

    def all(self) -> Sequence[Layer]:
        """Return all layers, the disabled ones included, the lowest first: the fleet layer, those of models, those of tags."""
        with self.store.reading() as view:
            return view.layers.all()

    def list(self) -> Sequence[LayerSummary]:
        """Return all layers as `all` does, without their documents."""
        with self.store.reading() as view:
            return view.layers.summaries()

    def get(self, name: str) -> Layer:
        """Return a layer. Raises `RecordNotFound`."""
        name = layer_name_of(name)
        with self.store.reading() as view:
            layer = view.layers.get(name)
        if layer is None:
            raise RecordNotFound(name, what="Layer")
        return layer

    def write(self, edit: LayersEdit, note: ChangeNote = UNSIGNED) -> LayersWritten:
        """Store an edit of layers, all of it or nothing.

        An edit that changes nothing makes no revision.

        Raises what `LayersEdit.changes` raises; `PlaceTaken` where two layers would have the same rank, or reach the
        same model, or all devices; `Unprocessable` for more than 200 layers, and, with the list of the devices,
        where the document of a device would break a rule.
        """
        _check_edit(edit)
        check_note(note)
        return self._merged_ahead(edit, lambda merged: self._write(merged, note))

    def plan(self, edit: LayersEdit) -> Sequence[LayerChange]:
        """Return the changes of layers that an edit would make; nothing is stored. Raises as `write` does."""
        _check_edit(edit)
        with self.store.reading() as view:
            return self._planned(view.layers, edit, self.clock())[0]

    def preview(self, edit: LayersEdit) -> LayersPreview:
        """Return what an edit would do; nothing is stored. Raises as `write` does."""
        _check_edit(edit)
        return self._merged_ahead(edit, self._preview)

    def recompositions(self, limit: int = 20) -> Sequence[Recomposition]:
        """Return the newest edits whose documents a job serves, and how far it is. Raises as `newest_recompositions` does."""
        return newest_recompositions(self.store, limit)

    def recomposition(self, change: str) -> Recomposition:
        """Return how far the job is with the documents of a change. Raises as `recomposition_of` does."""
        return recomposition_of(self.store, change)

    def revisions(self, query: LayerHistoryQuery) -> LayerHistoryPage:
        """Return one page of the history of a layer, deleted or not, the newest first. Raises `RecordNotFound`."""
        check_kind(query, LayerHistoryQuery, "A query for revisions is a LayerHistoryQuery")
        layer_name_of(query.name)
        with self.store.reading() as view:
            newest_revision(view.layers, query.name)
            return view.layers.find(query)

    def all_revisions(self, name: str) -> Iterator[LayerRevisionSummary]:
        """Yield the revisions of a layer, the newest first, read page by page. Raises `RecordNotFound` at the first."""
        first = LayerHistoryQuery(name, limit=MAX_PAGE)
        return all_items(lambda before: self.revisions(evolve(first, before=before)))

    def revision(self, name: str, number: int) -> LayerRevision:
        """Return one revision of a layer. Raises `RecordNotFound`."""
        name = layer_name_of(name)
        check_whole_number(number, "The number of a revision is an int")
        with self.store.reading() as view:
            return found_revision(view.layers, name, number)

    def compare(
        self, name: str, earlier: int | None = None, later: int | None = None
    ) -> tuple[LayerRevision | None, LayerRevision]:
        """Return two revisions of a layer, the earlier one first; None for the time before its first revision.

        later: by default, the newest.
        earlier: by default, the one before `later`.

        Raises `RecordNotFound`.
        """
        name = layer_name_of(name)
        for number in (earlier, later):
            if number is not None:
                check_whole_number(number, "The number of a revision is an int")
        with self.store.reading() as view:
            return compared(view.layers, name, earlier, later)

    def _merged_ahead(self, edit: LayersEdit, act: Callable[[LayersEdit], T]) -> T:
        """Return `act(edit)`, with a patch that is merged before, unless the layer changes again and again meanwhile."""
        for _ in range(_MERGED_AHEAD):
            if not isinstance(edit, PatchLayer):
                break
            with self.store.reading() as view:
                present = edit.present(view.layers)
            # Merging may wait for other work, which must not hold a connection or a lock.
            merged = edit.merged(present)
            with suppress(PreconditionFailed):
                return act(merged)
        return act(edit)

    def _preview(self, edit: LayersEdit) -> LayersPreview:
        with self.store.reading() as view:
            changes, before, after = self._planned(view.layers, edit, self.clock())
            concerned = concerned_devices(view, before, after)
            composer = view.composer()
        effects = self._effects(composer, concerned, before, after)
        return LayersPreview.of(changes, effects, composer.over(before))

    def _effects(
        self, composer: Composer, concerned: Sequence[MacAddress], before: LayerStack, after: LayerStack
    ) -> Effects:
        """What an edit does to these devices. No connection is held while their documents are composed."""
        old, new = map(composer.over, (before, after))
        return effects_on(pages_of(self.store, concerned), old, new, self.yield_turn, self.offload)

    def _check_large(self, edit: LayersEdit) -> Extent:
        """Return how much an edit concerns, and check it where that is so much that to do it under the lock would hold up other writers."""
        with self.store.reading() as view:
            _, before, after = self._planned(view.layers, edit, _ANY_TIME)
            concerned = concerned_devices(view, before, after)
            composer = view.composer()
        extent = self._extent(composer.over(after), concerned)
        if extent.is_large:
            self._effects(composer, concerned, before, after).check()
        return extent

    def _extent(self, composer: Composer, concerned: Sequence[MacAddress]) -> Extent:
        if len(concerned) > AT_ONCE:
            return Extent(len(concerned))
        pages = pages_of(self.store, concerned)
        sizes = (composer.size(each.labels, each.content) for page in pages for each in page)
        return Extent(len(concerned), sum(sizes))

    def _write(self, edit: LayersEdit, note: ChangeNote) -> LayersWritten:
        expected = self._check_large(edit)
        with self.store.writing() as work:
            work.layers.lock()
            now = self.clock()
            changes, before, after = self._planned(work.layers, edit, now)
            if not changes:
                return LayersWritten(None, ())
            change = work.layers.record(changes, note, now)
            edited = Edited(before, after, change, note, now)
            effects = recompose(work, edited, expected)
        made = (evolve(each, layer=evolve(each.layer, change=change)) for each in changes)
        return LayersWritten(change, tuple(made), None if effects is None else effects.changed)

    def _planned(
        self, layers: LayerReader, edit: LayersEdit, now: datetime
    ) -> tuple[Sequence[LayerChange], LayerStack, LayerStack]:
        """The changes of an edit, and the stacks before and after it."""
        present = {layer.name: layer for layer in layers.all()}
        before = LayerStack.of(present.values())
        changes = edit.changes(layers, now)
        for each in changes:
            if each.is_deletion:
                del present[each.layer.name]
            else:
                present[each.layer.name] = each.layer
        check_together(present.values())
        return changes, before, LayerStack.of(present.values())


def _check_edit(edit: object) -> None:
    if not callable(getattr(edit, "changes", None)):
        raise TypeError(
            f"An edit of layers is one of PutLayer, PatchLayer and the like, not {kind_of(edit)}."
        )
