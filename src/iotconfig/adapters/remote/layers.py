"""Layers, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from iotconfig.adapters.codec.layer_answers import LayerRevisions, Layers, LayersDryRun
from iotconfig.adapters.codec.layer_answers import LayerRevisionSummary as ListedRevision
from iotconfig.adapters.codec.recomposition_answers import RecompositionAnswer, Recompositions
from iotconfig.domain.change_notes import UNSIGNED, ChangeNote, Operation
from iotconfig.domain.configs.undoing import check_change_id
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.layering.edits import DeleteLayer, LayersEdit, OrderLayers
from iotconfig.domain.layering.previews import LayersPreview
from iotconfig.domain.layering.service import LayersWritten
from iotconfig.domain.layers.layer import Layer, LayerSummary, layer_name_of
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.layers.revisions import LayerChange, LayerHistoryPage, LayerHistoryQuery, LayerRevision

from .answers import RemoteUseCases
from .connection import Request
from .layer_edits import layer_request

_LAYERS: Final = "/api/layers"
_RECOMPOSITIONS: Final = "/api/recompositions"
_RECOMPOSITION: Final = "iotconfig-recomposition"


@frozen
class _Compared:
    """The revisions that a comparison is about."""

    from_: ListedRevision | None
    to: ListedRevision


@frozen
class RemoteLayers(RemoteUseCases):
    """`LayerUseCases` of a service."""

    def all(self) -> Sequence[Layer]:
        return [self.get(layer.name) for layer in self.list()]

    def list(self) -> Sequence[LayerSummary]:
        found = self.entity(Request("GET", _LAYERS), Layers)
        return [self._checked(each.summary()) for each in found.layers]

    def get(self, name: str) -> Layer:
        return self.entity(Request("GET", _path(name)), Layer)

    def write(self, edit: LayersEdit, note: ChangeNote = UNSIGNED) -> LayersWritten:
        """Store an edit of layers.

        The changes have those layers only whose documents are in the answer of the service: not those of another order.
        `served` says only whether a job serves the documents (None).
        """
        request = layer_request(edit, note)
        if isinstance(edit, OrderLayers):
            before = {layer.name: layer.revision for layer in self.list()}
        answer = self.service.ask(request)
        served = None if answer.header(_RECOMPOSITION) else 0
        with self.reading(request):
            if isinstance(edit, OrderLayers):
                found = self.read(answer.body, Layers)
                moved = [each for each in found.layers if before.get(each.name) != each.revision]
                return LayersWritten(self.checked_change(moved[0].change) if moved else None, (), served)
            if isinstance(edit, DeleteLayer):
                return LayersWritten(self.checked_change(answer.header("iotconfig-change")), (), served)
            layer = self.read(answer.body, Layer)
            return LayersWritten(layer.change, (LayerChange(Operation.UPDATE, layer),), served)

    def preview(self, edit: LayersEdit) -> LayersPreview:
        found = self.entity(layer_request(edit, UNSIGNED, dry_run=True), LayersDryRun)
        try:
            return found.preview()
        except InvalidDocument:
            raise self.malformed() from None

    def recompositions(self, limit: int = 20) -> Sequence[Recomposition]:
        found = self.entity(Request("GET", _RECOMPOSITIONS, {"limit": limit}), Recompositions)
        for each in found.recompositions:
            self.checked_change(each.change)
        return [each.recomposition() for each in found.recompositions]

    def recomposition(self, change: str) -> Recomposition:
        check_change_id(change)
        return self.entity(Request("GET", f"{_RECOMPOSITIONS}/{change}"), RecompositionAnswer).recomposition()

    def revisions(self, query: LayerHistoryQuery) -> LayerHistoryPage:
        parameters = {"limit": query.limit, "cursor": query.before}
        found = self.entity(Request("GET", f"{_path(query.name)}/revisions", parameters), LayerRevisions)
        for each in found.revisions:
            self.checked_change(each.change)
        try:
            return found.page()
        except ValueError:
            raise self.malformed() from None

    def revision(self, name: str, number: int) -> LayerRevision:
        return self.entity(Request("GET", f"{_path(name)}/revisions/{number}"), LayerRevision)

    def compare(
        self, name: str, earlier: int | None = None, later: int | None = None
    ) -> tuple[LayerRevision | None, LayerRevision]:
        request = Request("GET", f"{_path(name)}/diff", {"from": earlier, "to": later})
        found = self.entity(request, _Compared)
        before = None if found.from_ is None else self.revision(name, found.from_.revision)
        return before, self.revision(name, found.to.revision)

    def _checked(self, layer: LayerSummary) -> LayerSummary:
        self.checked_change(layer.change)
        return layer


def _path(name: str) -> str:
    return f"{_LAYERS}/{layer_name_of(name)}"
