"""Finding a revision, or the reason why there is none."""

from __future__ import annotations

from .errors import RecordGone, RecordNotFound
from .ports import HistoryReader
from .revisions import MAX_REVISION, Revision


def found_revision(history: HistoryReader, config_id: int, number: int) -> Revision:
    """One revision of a config. Raises `RecordGone` where it was pruned, `RecordNotFound` where it never was."""
    revision = history.get(config_id, number) if 1 <= number <= MAX_REVISION else None
    if revision is not None:
        return revision
    pruned_to = history.pruned_to(config_id)
    if 1 <= number <= pruned_to:
        raise RecordGone(
            f"Revision {number} of config {config_id} is gone: its history up to revision {pruned_to} was pruned.",
            pruned_to=pruned_to,
        )
    raise RecordNotFound(f"{number} of config {config_id}", what="Revision")
