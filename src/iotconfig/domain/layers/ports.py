"""The ports of layers. The docstrings are the contracts.

Every method may raise `StoreUnavailable`, those that write `StoreFull`, as those of configs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from iotconfig.domain.change_notes import ChangeNote

from .layer import Layer, LayerSummary
from .revisions import ChangedLayer, LayerChange, LayerHistoryPage, LayerHistoryQuery, LayerRevision


class LayerReader(Protocol):
    """Reads layers and their history. Later changes of the store do not change the values that it returned."""

    def get(self, name: str) -> Layer | None:
        """The layer of this name, or None."""
        ...

    def all(self) -> Sequence[Layer]:
        """All layers, the disabled ones included, in the order of `Layer.order`."""
        ...

    def summaries(self) -> Sequence[LayerSummary]:
        """The same layers without their documents, which together may have tens of megabytes."""
        ...

    def generation(self) -> int:
        """A number that each write of layers or of secrets raises; 0 before the first. It never decreases.

        The layers and the secrets of one generation are always the same, so that they may be kept in memory. A store whose
        backups can be put back while services run does not come to a generation a second time: its steps are random.
        """
        ...

    def revision(self, name: str, number: int) -> LayerRevision | None:
        """One revision of a layer, or None."""
        ...

    def newest(self, name: str) -> LayerRevision | None:
        """The newest revision of this name (a deletion, if the layer was deleted); None if there never was such a layer."""
        ...

    def find(self, query: LayerHistoryQuery) -> LayerHistoryPage:
        """One page of a layer's revisions, the newest first."""
        ...

    def of_change(self, change: str) -> Sequence[ChangedLayer]:
        """The layers that the write with this id touched, sorted by name; empty where it was none of layers."""
        ...


class LayerRepository(LayerReader, Protocol):
    """Changes layers inside a unit of work."""

    def lock(self) -> None:
        """Wait for other units of work that locked the layers, and keep them waiting until this one ends.

        What is read afterwards is what they have stored. Called before any counter is locked.
        """
        ...

    def record(self, changes: Sequence[LayerChange], note: ChangeNote, now: datetime) -> str:
        """Store changes of layers; return the id of the write.

        Stores or removes each layer, appends its revision, adds a row of kind `layer` to the change log, whose subject
        is the layer's name (`logged_layer`), and raises the generation. Layers may exchange their ranks.

        changes: of different layers, after `lock`. After all of them, no two layers have the same rank, or reach the
            same model.
        """
        ...
