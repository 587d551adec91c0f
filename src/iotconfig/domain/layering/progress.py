"""How far the job is with the documents that follow from edits of layers and secrets."""

from __future__ import annotations

from collections.abc import Sequence

from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.undoing import check_change_id
from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.paging import check_limit


def newest_recompositions(store: Store, limit: int) -> Sequence[Recomposition]:
    """Return up to `limit` recompositions, the newest first. Raises `ValidationFailed` for a limit that is not 1 to 1,000."""
    check_limit(None, None, limit)
    with store.reading() as view:
        return view.recompositions.find(limit)


def recomposition_of(store: Store, change: str) -> Recomposition:
    """Return the recomposition that follows from a change.

    Raises `RecordNotFound` where no job serves the documents of the change, or where there is no such change.
    """
    check_change_id(change)
    with store.reading() as view:
        found = view.recompositions.get(change)
    if found is None:
        raise RecordNotFound(
            change, "a change of few devices serves their documents at once", what="Recomposition of change"
        )
    return found
