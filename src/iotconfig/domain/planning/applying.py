"""Applying a plan: the steps, in an order in which each is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from attrs import define, field

from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, OnConflict, OnRefusal
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.label_entries import LabelEntry
from iotconfig.domain.configs.labels import NO_LABELS
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.errors import (
    IotConfigError,
    StoreFull,
    StoreUnavailable,
    excerpt,
)
from iotconfig.domain.layering.edits import LayersEdit
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.mac import MacAddress

from .difference import Action, Kind
from .fleet import FleetMoved, FleetUseCases, position_of
from .layer_steps import layer_edits
from .plan import Plan
from .tree import Tree

Write = Callable[[], str | None]
"""Stores something; returns the id of the change, None where nothing changed."""

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

    def run(
        self, on_refusal: OnRefusal, *, digest: str | None = None, expect_removed: int | None = None
    ) -> bool:
        """Store the differences; return whether all of them were stored.

        Each layer is a transaction, then the contents of all devices are one, the labels of all devices another, and each
        removal of a device is one.

        digest: of the plan that was approved; None: this one.
        expect_removed: the number of objects that the plan must remove; None: any.

        Raises `FleetMoved` where the plan is not the approved one, or there are changes since it was made, and
        `UnexpectedRemovals` for another number of removals; nothing was stored then.
        """
        self._check(digest, expect_removed)
        self._check_position()
        layers = {layer.name: layer for layer in self._uses.layers.all()} if self._plan.of(Kind.LAYER) else {}
        removed = [*self._removed()]
        # Once more, so that the revisions of these are those of the plan's position.
        self._check_position()
        is_done = (
            self._each("layers", self._layers(layers), on_refusal)
            and self._devices(on_refusal)
            and self._labels(on_refusal)
        )
        return is_done and self._each("devices", removed, on_refusal)

    def _check(self, digest: str | None, expect_removed: int | None) -> None:
        if digest is not None and digest != self._plan.digest:
            raise FleetMoved(
                f'The plan is {self._plan.digest}, and not "{excerpt(digest)}": the fleet or the files have changed since that one '
                "was made. Nothing was stored: plan again.",
                digest=self._plan.digest,
            )
        if expect_removed is not None and self._plan.removed != expect_removed:
            raise UnexpectedRemovals(self._plan.removed, expect_removed)

    def _check_position(self) -> None:
        position = position_of(self._uses)
        if position != self._plan.position:
            raise FleetMoved(
                f"The fleet has changed since the plan was made: the change log ended at position {self._plan.position}, and "
                f"ends at position {position}. Nothing was stored: plan again.",
                position=position,
            )

    def _each(self, directory: str, writes: Iterable[tuple[str, Write]], on_refusal: OnRefusal) -> bool:
        """Store one after another; return whether none was refused."""
        for name, write in writes:
            try:
                self._stored(write())
            except (StoreUnavailable, StoreFull):
                raise
            except IotConfigError as error:
                on_refusal(BulkRefusal(f"{directory}/{name}", error))
                return False
        return True

    def _layers(self, present: Mapping[str, Layer]) -> Iterator[tuple[str, Write]]:
        for name, edit in layer_edits(self._plan.of(Kind.LAYER), self._tree, present):
            yield name, partial(self._edit, edit)

    def _edit(self, edit: LayersEdit) -> str | None:
        return self._uses.layers.write(edit, self._note).change

    def _devices(self, on_refusal: OnRefusal) -> bool:
        entries = [*_entries(self._tree, self._plan)]
        if not entries:
            return True
        tally = self._uses.bulk.load(entries, _REPLACE, self._note, on_refusal)
        self._stored(tally.change)
        return not tally.refused

    def _labels(self, on_refusal: OnRefusal) -> bool:
        entries = [*self._label_entries()]
        if not entries:
            return True
        tally = self._uses.tags.load(entries, BulkOptions(), self._note, on_refusal)
        self._stored(tally.change)
        return not tally.refused

    def _label_entries(self) -> Iterator[LabelEntry]:
        for difference in self._plan.of(Kind.LABELS):
            mac_address = MacAddress(difference.name)
            labels = (self._tree.labels or {}).get(mac_address, NO_LABELS)
            yield LabelEntry("tags.json", mac_address, labels.tags, labels.note, labels.model)

    def _removed(self) -> Iterator[tuple[str, Write]]:
        """The ends of devices, each at the revision that its config has now."""
        for difference in self._plan.of(Kind.DEVICE):
            if difference.action is Action.REMOVE:
                found = self._uses.configs.get_by_mac(MacAddress(difference.name))
                only = Precondition(one_of=frozenset({found.revision}))
                end = partial(self._uses.configs.delete_device, found.mac_address, only, self._note)
                yield str(found.mac_address), end

    def _stored(self, change: str | None) -> None:
        if change is not None:
            self.changes.append(change)


def _entries(tree: Tree, plan: Plan) -> Iterator[BulkEntry]:
    for difference in plan.of(Kind.DEVICE):
        if difference.action is not Action.REMOVE:
            mac_address = MacAddress(difference.name)
            place = f"devices/{difference.name.replace(':', '')}.json"
            yield BulkEntry(place, mac_address, tree.devices[mac_address])
