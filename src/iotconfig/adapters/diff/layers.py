"""Differences between the documents of a layer."""

from __future__ import annotations

from typing import Annotated

from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.adapters.codec.layer_answers import LayerRevisionSummary
from iotconfig.domain.layers.revisions import LayerRevision

from . import JsonPatchOperation, difference


@answer
@frozen
class LayerComparison:
    """The differences between two revisions of a layer."""

    from_: Annotated[LayerRevisionSummary | None, "Null before the layer was created"]
    to: LayerRevisionSummary
    json_patch: list[JsonPatchOperation]
    unified_diff: str


def layers_compared(before: LayerRevision | None, after: LayerRevision) -> LayerComparison:
    """Compare the documents of two revisions of a layer; None for the time before the first one."""
    labels = (f"layer {r.name} revision {r.revision}" if r else "/dev/null" for r in (before, after))
    found = difference(before.content if before else None, after.content, *labels)
    return LayerComparison(
        None if before is None else LayerRevisionSummary.of(before.summary()),
        LayerRevisionSummary.of(after.summary()),
        found.json_patch,
        found.unified_diff,
    )
