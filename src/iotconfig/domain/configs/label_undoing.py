"""Undoing a change of labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iotconfig.domain.errors import ChangedSince

from .bulk import BulkRefusal, OnResult, Tally
from .bulk_options import BulkOptions
from .bulk_refusals import Refusals
from .label_ports import LabelledConfig, LabelReader, LabelRevision
from .label_writing import TOGETHER, LabelWrite, batches_of
from .labels import Labels
from .revisions import ChangeNote
from .tagging import TagService


def undo_labels(
    tags: TagService,
    change: str,
    options: BulkOptions,
    note: ChangeNote,
    refusals: Refusals,
    on_result: OnResult,
) -> Tally | None:
    """Restore the labels that configs had before a change; None where the change is not one of labels.

    Configs whose labels have changed again, and deleted ones, are refused (`ChangedSince`). Raises `Unprocessable`
    for more than 1,000 different tags.
    """
    with tags.store.reading() as view:
        revisions = {each.config_id: each for each in _made_by(view.labels, change)}
        # An adoption sets the tags of the config that it creates: they go, and return, with the config.
        if not revisions or view.history.of_change(change, 0, 1):
            return None
        found = _found(view.labels, revisions)
    existing = frozenset(found)
    refusals.take(_deleted(each) for each in revisions.values() if each.config_id not in existing)
    writing = LabelWrite(tags.store, tags.clock, tags.yield_turn, refusals, options)
    tally = writing.write(found, lambda config: _undone(config, revisions), note)
    writing.give_results(on_result)
    return tally


def _made_by(labels: LabelReader, change: str) -> Iterator[LabelRevision]:
    after = 0
    while page := labels.of_change(change, after, TOGETHER):
        yield from page
        after = page[-1].config_id


def _found(labels: LabelReader, config_ids: Iterable[int]) -> list[int]:
    """The ids of those of the configs that exist, sorted by MAC address."""
    found: list[LabelledConfig] = []
    for some in batches_of(list(config_ids)):
        found += labels.find(some)
    return [config.config_id for config in sorted(found, key=lambda config: config.mac_address.canonical)]


def _undone(config: LabelledConfig, revisions: Mapping[int, LabelRevision]) -> Labels:
    """The labels before the change. Raises `ChangedSince` where they have changed again."""
    revision = revisions[config.config_id]
    if config.number != revision.number:
        raise ChangedSince(
            f"The tags or the note of {config.mac_address} have changed again since the change.",
            config_id=config.config_id,
            mac_address=str(config.mac_address),
        )
    return revision.before


def _deleted(revision: LabelRevision) -> BulkRefusal:
    config_id = revision.config_id
    return BulkRefusal(
        f"config {config_id}",
        ChangedSince(
            f"Config {config_id} was deleted since the change: restore it, then undo the change.",
            config_id=config_id,
        ),
    )
