"""Undoing a change of layers: each layer becomes again what it was before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import define, field

from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.configs.bulk import BulkRefusal, Outcome, Tally
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.bulk_refusals import Refusals
from iotconfig.domain.errors import ChangedSince, IotConfigError, RecordGone
from iotconfig.domain.layers.ports import LayerReader
from iotconfig.domain.layers.revisions import ChangedLayer, LayerChange

from .edits import changed, created, deleted
from .service import LayerService

_OUTCOMES = {Operation.DELETE: Outcome.DELETED, Operation.RESTORE: Outcome.RESTORED}


@define
class UndoLayers:
    """Gives the layers of a change the definitions that they had before it.

    A layer that the change made is deleted, one that it deleted is restored under its name. Layers that have changed
    again are `refused`; unless it `keep_going`, nothing is changed then.
    """

    change: str
    keep_going: bool = False
    refused: list[BulkRefusal] = field(init=False, factory=list)
    """The refusals of the last call of `changes`."""

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the changes that undo the change; none where a layer is refused."""
        self.refused = []
        found = [*self._changes(layers, now)]
        return [] if self.refused and not self.keep_going else found

    def _changes(self, layers: LayerReader, now: datetime) -> Iterator[LayerChange]:
        for done in layers.of_change(self.change):
            try:
                yield from _undoing(layers, done, now)
            except IotConfigError as error:
                self.refused.append(BulkRefusal(f"layer {done.revision.name}", error))


def undo_layers(
    service: LayerService, change: str, options: BulkOptions, note: ChangeNote, refusals: Refusals
) -> Tally | None:
    """Undo a change of layers, or say in a dry run what that would do; None where the change is not one of layers.

    Raises `PlaceTaken` where another layer has the rank or the reach of one of them by now.
    """
    with service.store.reading() as view:
        if not view.layers.of_change(change):
            return None
    edit = UndoLayers(change, options.keep_going)
    if options.dry_run:
        written, changes = None, service.plan(edit)
    else:
        stored = service.write(edit, note)
        written, changes = stored.change, stored.changes
    refusals.take(edit.refused)
    outcomes = [_OUTCOMES.get(each.operation, Outcome.CHANGED) for each in changes]
    return Tally.of({outcome: outcomes.count(outcome) for outcome in outcomes}, refusals.count, written)


def _undoing(layers: LayerReader, done: ChangedLayer, now: datetime) -> Sequence[LayerChange]:
    """The change that undoes what a write did to one layer; none where the layer is as it was.

    Raises `ChangedSince` where it has changed again, `RecordGone` where what was before is gone.
    """
    made, name = done.revision, done.revision.name
    if done.newest != made.revision:
        raise ChangedSince(
            f'Layer "{name}" has changed again: the change made revision {made.revision}, and the newest is {done.newest}.',
            layer=name,
            revision=done.newest,
        )
    present = layers.get(name)
    if present is not None and made.operation in (Operation.CREATE, Operation.RESTORE):
        return [deleted(present, now)]
    definition = None if done.before is None else done.before.definition
    if definition is None:
        raise RecordGone(
            f'The revision of layer "{name}" before revision {made.revision} is gone.', layer=name
        )
    if present is None:
        return [created(layers, name, definition, Operation.RESTORE, now)]
    return changed(present, definition, Operation.ROLLBACK, now)
