"""Applying a plan: the steps, in an order in which each is possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import define, field

from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, OnConflict, OnRefusal
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.label_entries import LabelEntry
from iotconfig.domain.configs.labels import NO_LABELS
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.errors import IotConfigError, StoreFull, StoreUnavailable, excerpt
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.mac import MacAddress

from .difference import Action, Kind
from .fleet import FleetMoved, FleetUseCases, position_of
from .layer_steps import layer_edits
from .plan import Plan
from .tree import Tree

_REPLACE: Final = ImportOptions(on_conflict=OnConflict.REPLACE)
_REPLACE_DRY: Final = ImportOptions(on_conflict=OnConflict.REPLACE, dry_run=True)


def check_plan(uses: FleetUseCases, tree: Tree, plan: Plan) -> Iterator[BulkRefusal]:
    """Yield why a plan cannot be applied: what the plan itself refuses, and what the store would."""
    yield from plan.refused
    refused: list[BulkRefusal] = []
    if entries := [*_entries(tree, plan)]:
        uses.bulk.load(entries, _REPLACE_DRY, on_refusal=refused.append)
    yield from refused


class UnexpectedRemovals(IotConfigError):
    """A plan removes more or fewer objects than its caller expects; nothing was stored."""

    code = "PRECONDITION_FAILED"

    def __init__(self, removed: int, expected: int) -> None:
        super().__init__(
            f"The plan removes {removed} object{'' if removed == 1 else 's'}, not {expected} as expected: nothing was stored.",
            removed=removed,
            expected=expected,
        )


@define
class Application:
    """One application of a plan. It ends at the first step with a refusal; the steps before it are stored."""

    _uses: FleetUseCases
    _tree: Tree
    _plan: Plan
    _note: ChangeNote = UNSIGNED
    changes: list[str] = field(init=False, factory=list)
    """The ids of the changes that were stored, in their order."""
    done: int = field(init=False, default=0)
    """The number of differences that were settled."""

    def run(
        self, on_refusal: OnRefusal, *, digest: str | None = None, expect_removed: int | None = None
    ) -> bool:
        """Store the differences; return whether all of them were stored.

        Each layer is a transaction, then the contents of all devices are one, the labels of all devices another, and each
        removal of a device is one.

        digest: of the plan that was approved; None: this one.
        expect_removed: the number of objects that the plan must remove; None: any.

        Raises `FleetMoved` where the plan is not the approved one, or there are changes since it was made, and
        `UnexpectedRemovals` for another number of removals; nothing was stored then. Raises `PreconditionFailed` for a device
        that changes while its removal is due.
        """
        self._check(digest, expect_removed)
        layers = {layer.name: layer for layer in self._uses.layers.all()} if self._plan.of(Kind.LAYER) else {}
        removed = [*self._removed()]
        # Read after these, so that their revisions are those of the plan's position.
        position = position_of(self._uses)
        if position != self._plan.position:
            raise FleetMoved(
                f"The fleet has changed since the plan was made: the change log ended at position {self._plan.position}, and "
                f"ends at position {position}. Nothing was stored: plan again.",
                position=position,
            )
        if not (self._layers(layers, on_refusal) and self._devices(on_refusal) and self._labels(on_refusal)):
            return False
        for config_id, only in removed:
            self._stored(self._uses.configs.delete(config_id, only, self._note), 1)
        return True

    def _check(self, digest: str | None, expect_removed: int | None) -> None:
        if digest is not None and digest != self._plan.digest:
            raise FleetMoved(
                f'The plan is {self._plan.digest}, and not "{excerpt(digest)}": the fleet or the files have changed since that one '
                "was made. Nothing was stored: plan again.",
                digest=self._plan.digest,
            )
        if expect_removed is not None and self._plan.removed != expect_removed:
            raise UnexpectedRemovals(self._plan.removed, expect_removed)

    def _layers(self, present: Mapping[str, Layer], on_refusal: OnRefusal) -> bool:
        differences = self._plan.of(Kind.LAYER)
        for name, edit in layer_edits(differences, self._tree, present):
            try:
                self._stored(self._uses.layers.write(edit, self._note).change, 0)
            except IotConfigError as error:
                if isinstance(error, StoreUnavailable | StoreFull):
                    raise
                on_refusal(BulkRefusal(f"layers/{name}", error))
                return False
        self.done += len(differences)
        return True

    def _devices(self, on_refusal: OnRefusal) -> bool:
        entries = [*_entries(self._tree, self._plan)]
        if not entries:
            return True
        tally = self._uses.bulk.load(entries, _REPLACE, self._note, on_refusal)
        return self._stored(tally.change, 0 if tally.refused else len(entries))

    def _labels(self, on_refusal: OnRefusal) -> bool:
        entries = [*self._label_entries()]
        if not entries:
            return True
        tally = self._uses.tags.load(entries, BulkOptions(), self._note, on_refusal)
        return self._stored(tally.change, 0 if tally.refused else len(entries))

    def _label_entries(self) -> Iterator[LabelEntry]:
        for difference in self._plan.of(Kind.LABELS):
            mac_address = MacAddress(difference.name)
            labels = (self._tree.labels or {}).get(mac_address, NO_LABELS)
            yield LabelEntry("tags.json", mac_address, labels.tags, labels.note, labels.model)

    def _removed(self) -> Iterator[tuple[int, Precondition]]:
        """The ids of the configs to remove, and the revisions that they have."""
        for difference in self._plan.of(Kind.DEVICE):
            if difference.action is Action.REMOVE:
                found = self._uses.configs.get_by_mac(MacAddress(difference.name))
                yield found.id, Precondition(one_of=frozenset({found.revision}))

    def _stored(self, change: str | None, differences: int) -> bool:
        if change is not None:
            self.changes.append(change)
        self.done += differences
        return differences > 0


def _entries(tree: Tree, plan: Plan) -> Iterator[BulkEntry]:
    for difference in plan.of(Kind.DEVICE):
        if difference.action is not Action.REMOVE:
            mac_address = MacAddress(difference.name)
            place = f"devices/{difference.name.replace(':', '')}.json"
            yield BulkEntry(place, mac_address, tree.devices[mac_address])
