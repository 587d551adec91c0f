"""The history of layers, as its readers ask for it."""

from __future__ import annotations

from iotconfig.domain.change_notes import MAX_REVISION
from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.layers.ports import LayerReader
from iotconfig.domain.layers.revisions import LayerHistoryQuery, LayerRevision


def newest_revision(layers: LayerReader, name: str) -> LayerRevision:
    """Return the newest revision of a layer, deleted or not. Raises `RecordNotFound` for a name that never had one."""
    newest = layers.newest(name)
    if newest is None:
        raise RecordNotFound(name, what="Layer")
    return newest


def found_revision(layers: LayerReader, name: str, number: int) -> LayerRevision:
    """Return one revision of a layer. Raises `RecordNotFound`."""
    revision = layers.revision(name, number) if 1 <= number <= MAX_REVISION else None
    if revision is None:
        newest_revision(layers, name)
        raise RecordNotFound(f'{number} of layer "{name}"', what="Revision")
    return revision


def compared(
    layers: LayerReader, name: str, earlier: int | None, later: int | None
) -> tuple[LayerRevision | None, LayerRevision]:
    """Return two revisions of a layer, the earlier one first; None for the time before its first revision.

    later: by default, the newest.
    earlier: by default, the one before `later`.

    Raises `RecordNotFound`.
    """
    after = newest_revision(layers, name) if later is None else found_revision(layers, name, later)
    if earlier is not None:
        return found_revision(layers, name, earlier), after
    page = layers.find(LayerHistoryQuery(name, before=after.revision, limit=1))
    before = next(iter(page), None)
    return None if before is None else found_revision(layers, name, before.revision), after
