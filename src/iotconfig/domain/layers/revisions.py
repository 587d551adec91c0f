"""The history of layers: each change of a layer, with what it was afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from iotconfig.domain.arguments import check_whole_number
from iotconfig.domain.change_notes import MAX_REVISION, ChangeNote, Operation
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.paging import check_limit

from .layer import Layer, LayerDefinition
from .reach import Reach


@frozen(kw_only=True)
class LayerRevisionSummary:
    """A revision as lists show it: without its document."""

    name: str
    revision: int
    operation: Operation
    etag: str | None
    """The ETag of the layer's document; None for a deletion."""
    reach: Reach
    rank: int | None
    enabled: bool
    note: ChangeNote
    created_at: datetime
    """The time of the change; never earlier than that of the previous revision."""
    change: str = field(default="", eq=False)
    """The id of the write, which all revisions of one write share. Not compared: ids are random."""


@frozen(kw_only=True)
class LayerRevision:
    """One change of one layer; never changed itself."""

    name: str
    revision: int
    operation: Operation
    content: ConfigContent | None
    """The layer's document after the change, verbatim; None for a deletion."""
    reach: Reach
    rank: int | None
    enabled: bool
    note: ChangeNote
    created_at: datetime
    """The time of the change; never earlier than that of the previous revision."""
    change: str = field(default="", eq=False)
    """The id of the write, which all revisions of one write share. Not compared: ids are random."""

    @property
    def definition(self) -> LayerDefinition | None:
        """The layer's definition after the change; None for a deletion."""
        if self.content is None:
            return None
        return LayerDefinition(self.content, self.reach, self.rank, self.enabled)

    def summary(self) -> LayerRevisionSummary:
        """Return the revision without its document."""
        return LayerRevisionSummary(
            name=self.name,
            revision=self.revision,
            operation=self.operation,
            etag=self.content.etag if self.content else None,
            reach=self.reach,
            rank=self.rank,
            enabled=self.enabled,
            note=self.note,
            created_at=self.created_at,
            change=self.change,
        )


@frozen
class LayerChange:
    """One change of one layer. `LayerRepository.record` stores it."""

    operation: Operation
    layer: Layer
    """The layer after the change. Deleted: as it was, with the revision and the time of the deletion."""

    @property
    def is_deletion(self) -> bool:
        """Whether the layer is gone after the change."""
        return self.operation is Operation.DELETE

    def revision(self, note: ChangeNote, change_id: str) -> LayerRevision:
        """Return the change as the history stores it."""
        layer = self.layer
        return LayerRevision(
            name=layer.name,
            revision=layer.revision,
            operation=self.operation,
            content=None if self.is_deletion else layer.content,
            reach=layer.reach,
            rank=layer.rank,
            enabled=layer.enabled,
            note=note,
            created_at=layer.updated_at,
            change=change_id,
        )


@frozen
class ChangedLayer:
    """One layer that a write touched."""

    revision: LayerRevision
    """The revision that the write made."""
    before: LayerRevision | None
    """The layer's revision before that; None if the write made the first layer of this name."""
    newest: int
    """The number of the newest revision of the name."""


def changed_of(history: Sequence[LayerRevision], change: str) -> ChangedLayer | None:
    """Return what a write did to the layer with this history, the oldest revision first; None if it did not touch it."""
    for number, revision in enumerate(history):
        if revision.change == change:
            return ChangedLayer(revision, history[number - 1] if number else None, history[-1].revision)
    return None


def _check_before(_query: object, _attribute: object, before: int | None) -> None:
    if before is None:
        return
    check_whole_number(before, "before is the number of a revision, an int")
    if not 1 <= before <= MAX_REVISION:
        raise ValidationFailed("before is the number of a revision, from 1.", parameter="cursor")


@frozen
class LayerHistoryQuery:
    """Which revisions of one layer to list, the newest first."""

    name: str
    before: int | None = field(default=None, validator=_check_before)
    """Only revisions below this one: the `before` of the previous page."""
    limit: int = field(default=100, validator=check_limit)
    """Revisions on the page, 1 to 1000."""


@frozen
class LayerHistoryPage:
    """One page of a layer's history; iterating gives its revisions."""

    revisions: tuple[LayerRevisionSummary, ...]
    """The newest first."""
    next: int | None
    """The `before` of the next page; None on the last."""

    def __iter__(self) -> Iterator[LayerRevisionSummary]:
        return iter(self.revisions)
