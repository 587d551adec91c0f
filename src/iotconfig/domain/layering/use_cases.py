"""The use cases of `LayerService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.layers.layer import Layer, LayerSummary
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.layers.revisions import LayerHistoryPage, LayerHistoryQuery, LayerRevision

from .edits import LayersEdit
from .previews import LayersPreview
from .service import LayersWritten


class LayerUseCases(Protocol):
    """The use cases of `LayerService`; its docstrings are the contract."""

    def all(self) -> Sequence[Layer]:
        """Return all layers, the lowest first."""
        ...

    def list(self) -> Sequence[LayerSummary]:
        """Return all layers without their documents, the lowest first."""
        ...

    def get(self, name: str) -> Layer:
        """Return a layer."""
        ...

    def write(self, edit: LayersEdit, note: ChangeNote = ...) -> LayersWritten:
        """Store an edit of layers."""
        ...

    def preview(self, edit: LayersEdit) -> LayersPreview:
        """Return what an edit would do."""
        ...

    def recompositions(self, limit: int = ...) -> Sequence[Recomposition]:
        """Return the newest edits whose documents a job serves, and how far it is."""
        ...

    def recomposition(self, change: str) -> Recomposition:
        """Return how far the job is with the documents of a change."""
        ...

    def revisions(self, query: LayerHistoryQuery) -> LayerHistoryPage:
        """Return one page of the history of a layer."""
        ...

    def revision(self, name: str, number: int) -> LayerRevision:
        """Return one revision of a layer."""
        ...

    def compare(
        self, name: str, earlier: int | None = ..., later: int | None = ...
    ) -> tuple[LayerRevision | None, LayerRevision]:
        """Return two revisions of a layer, the earlier one first."""
        ...
