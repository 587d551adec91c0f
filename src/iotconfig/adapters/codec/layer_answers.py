"""Layers as the API and `--json` have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from attrs import frozen

from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layering.previews import REFUSALS, DocumentSample, LayersPreview, RefusedDevice
from iotconfig.domain.layers.layer import Layer, LayerDefinition
from iotconfig.domain.layers.layer import LayerSummary as ListedLayer
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.revisions import LayerHistoryPage, LayerRevision
from iotconfig.domain.layers.revisions import LayerRevisionSummary as StoredSummary
from iotconfig.domain.mac import MacAddress

from .answers import answer
from .layer_patches import ENABLED, RANK, REACHES

_NAME = "The name of the layer"
_REVISION = "Counted per name, deletions included; it never decreases"
_ETAG = "The validator of the document"


@answer
@frozen
class LayerSummary:
    """A layer without its document."""

    name: Annotated[str, _NAME]
    reaches: Annotated[Reach, REACHES]
    rank: Annotated[int | None, RANK]
    enabled: Annotated[bool, ENABLED]
    revision: Annotated[int, _REVISION]
    etag: Annotated[str, _ETAG]
    created_at: datetime
    updated_at: datetime
    change: Annotated[str, "The id of the write that made the revision"]

    @classmethod
    def of(cls, layer: ListedLayer) -> Self:
        """The answer about this layer."""
        return cls(
            name=layer.name,
            reaches=layer.reach,
            rank=layer.rank,
            enabled=layer.enabled,
            revision=layer.revision,
            etag=layer.etag,
            created_at=layer.created_at,
            updated_at=layer.updated_at,
            change=layer.change,
        )

    def summary(self) -> ListedLayer:
        """The layer."""
        return ListedLayer(
            name=self.name,
            reach=self.reaches,
            rank=self.rank,
            enabled=self.enabled,
            revision=self.revision,
            etag=self.etag,
            created_at=self.created_at,
            updated_at=self.updated_at,
            change=self.change,
        )


@answer
@frozen
class LayerAnswer:
    """A layer with its document."""

    name: Annotated[str, _NAME]
    reaches: Annotated[Reach, REACHES]
    rank: Annotated[int | None, RANK]
    enabled: Annotated[bool, ENABLED]
    revision: Annotated[int, _REVISION]
    etag: Annotated[str, _ETAG]
    content: Annotated[ConfigContent, "The document, exactly as written"]
    created_at: datetime
    updated_at: datetime
    change: Annotated[str, "The id of the write that made the revision"]

    @classmethod
    def of(cls, layer: Layer) -> Self:
        """The answer about this layer."""
        return cls(
            name=layer.name,
            reaches=layer.reach,
            rank=layer.rank,
            enabled=layer.enabled,
            revision=layer.revision,
            etag=layer.content.etag,
            content=layer.content,
            created_at=layer.created_at,
            updated_at=layer.updated_at,
            change=layer.change,
        )

    def layer(self) -> Layer:
        """The layer."""
        return Layer(
            name=self.name,
            definition=LayerDefinition(self.content, self.reaches, self.rank, self.enabled),
            revision=self.revision,
            created_at=self.created_at,
            updated_at=self.updated_at,
            change=self.change,
        )


@answer
@frozen
class Layers:
    """All layers."""

    layers: Annotated[
        Sequence[LayerSummary], "The lowest first: the fleet layer, those of models, those of tags by rank"
    ]

    @classmethod
    def of(cls, layers: Sequence[ListedLayer]) -> Self:
        """The answer about these layers."""
        return cls(list(map(LayerSummary.of, layers)))


@answer
@frozen
class RefusedByLayers:
    """A device for which an edit of layers would break a rule."""

    mac_address: MacAddress
    error: Annotated[str, "The rule, and the place"]


@answer
@frozen
class LayersSample:
    """A document that an edit of layers would change."""

    mac_address: MacAddress
    before: Annotated[str, "The text of the document as it is"]
    after: Annotated[str, "Its text afterwards"]

    @classmethod
    def of(cls, sample: DocumentSample) -> Self:
        """The answer about this sample."""
        return cls(sample.mac_address, sample.before.text, sample.after.text)

    def sample(self) -> DocumentSample:
        """The sample. Raises `InvalidDocument` for text that is no document."""
        return DocumentSample(self.mac_address, *map(_document, (self.before, self.after)))


@answer
@frozen
class LayersDryRun:
    """What an edit of layers would do."""

    dry_run: Literal[True]
    layers: Annotated[Sequence[LayerSummary], "The layers that would change, as they would be"]
    deleted: Annotated[Sequence[str], "The layers that would be deleted"]
    devices: Annotated[int, "The number of devices that one of these layers reaches, or reached before"]
    changed: Annotated[int, "The number of those that would be served another document, and told so"]
    refused: Annotated[
        int, "The number of those for which the edit would break a rule; it is then refused as a whole"
    ]
    refusals: Annotated[Sequence[RefusedByLayers], f"The first {REFUSALS} of them, by MAC address"]
    samples: Annotated[Sequence[LayersSample], "The first few documents that would change"]

    @classmethod
    def of(cls, preview: LayersPreview) -> Self:
        """The answer about this preview."""
        return cls(
            dry_run=True,
            layers=list(map(LayerSummary.of, preview.layers)),
            deleted=preview.deleted,
            devices=preview.devices,
            changed=preview.changed,
            refused=preview.refused,
            refusals=[RefusedByLayers(each.mac_address, each.error) for each in preview.refusals],
            samples=list(map(LayersSample.of, preview.samples)),
        )

    def preview(self) -> LayersPreview:
        """The preview. Raises `InvalidDocument` for text that is no document."""
        return LayersPreview(
            layers=tuple(each.summary() for each in self.layers),
            deleted=tuple(self.deleted),
            devices=self.devices,
            changed=self.changed,
            refused=self.refused,
            refusals=tuple(RefusedDevice(each.mac_address, each.error) for each in self.refusals),
            samples=tuple(each.sample() for each in self.samples),
        )


def _document(text: str) -> ConfigContent:
    return ConfigContent.parse(text, 4 * len(text))


@answer
@frozen
class LayerRevisionSummary:
    """A revision of a layer without its document."""

    name: Annotated[str, _NAME]
    revision: Annotated[int, _REVISION]
    operation: Operation
    reaches: Annotated[Reach, REACHES]
    rank: Annotated[int | None, RANK]
    enabled: Annotated[bool, ENABLED]
    etag: Annotated[str | None, "The validator of the document; null for a deletion"]
    author: str
    message: str | None
    created_at: datetime
    change: Annotated[str, "The id of the write"]

    @classmethod
    def of(cls, revision: StoredSummary) -> Self:
        """The answer about this revision."""
        return cls(
            name=revision.name,
            revision=revision.revision,
            operation=revision.operation,
            reaches=revision.reach,
            rank=revision.rank,
            enabled=revision.enabled,
            etag=revision.etag,
            author=revision.note.author,
            message=revision.note.message,
            created_at=revision.created_at,
            change=revision.change,
        )

    def summary(self) -> StoredSummary:
        """The revision."""
        return StoredSummary(
            name=self.name,
            revision=self.revision,
            operation=self.operation,
            etag=self.etag,
            reach=self.reaches,
            rank=self.rank,
            enabled=self.enabled,
            note=ChangeNote(self.author, self.message),
            created_at=self.created_at,
            change=self.change,
        )


@answer
@frozen
class LayerRevisionAnswer:
    """A revision of a layer with its document."""

    name: Annotated[str, _NAME]
    revision: Annotated[int, _REVISION]
    operation: Operation
    reaches: Annotated[Reach, REACHES]
    rank: Annotated[int | None, RANK]
    enabled: Annotated[bool, ENABLED]
    etag: Annotated[str | None, "The validator of the document; null for a deletion"]
    author: str
    message: str | None
    created_at: datetime
    change: Annotated[str, "The id of the write"]
    content: Annotated[ConfigContent | None, "The document after the change; null for a deletion"]

    @classmethod
    def of(cls, revision: LayerRevision) -> Self:
        """The answer about this revision."""
        return cls(
            name=revision.name,
            revision=revision.revision,
            operation=revision.operation,
            reaches=revision.reach,
            rank=revision.rank,
            enabled=revision.enabled,
            etag=revision.content.etag if revision.content else None,
            author=revision.note.author,
            message=revision.note.message,
            created_at=revision.created_at,
            change=revision.change,
            content=revision.content,
        )

    def layer_revision(self) -> LayerRevision:
        """The revision."""
        return LayerRevision(
            name=self.name,
            revision=self.revision,
            operation=self.operation,
            content=self.content,
            reach=self.reaches,
            rank=self.rank,
            enabled=self.enabled,
            note=ChangeNote(self.author, self.message),
            created_at=self.created_at,
            change=self.change,
        )


@answer
@frozen
class LayerRevisions:
    """A page of the history of a layer."""

    revisions: Annotated[Sequence[LayerRevisionSummary], "The newest first"]
    next: Annotated[str | None, "The `cursor` of the next page; null on the last"]

    @classmethod
    def of(cls, page: LayerHistoryPage) -> Self:
        """The answer about this page."""
        summaries = list(map(LayerRevisionSummary.of, page))
        return cls(summaries, None if page.next is None else str(page.next))

    def page(self) -> LayerHistoryPage:
        """The page. Raises `ValueError` for a cursor that is none."""
        return LayerHistoryPage(
            tuple(each.summary() for each in self.revisions), None if self.next is None else int(self.next)
        )
