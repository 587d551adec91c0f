"""Plans: what has to change for a fleet to be as a tree describes it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from attrs import frozen

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.labels import NO_LABELS, Labels
from iotconfig.domain.documents.line_ends import is_same
from iotconfig.domain.errors import RecordNotFound, ValidationFailed
from iotconfig.domain.mac import in_order

from .difference import Action, Difference, Kind
from .fleet import Fleet
from .layer_differences import gone_layers, layer_differences, refused_layers
from .tree import Tree


@frozen
class Plan:
    """The differences between a tree and a fleet at one position of the change log."""

    position: int
    differences: tuple[Difference, ...]
    """Sorted by kind, removals last in each."""
    left: int
    """The number of objects that the tree manages and does not have, and that stay, because the plan does not prune."""
    refused: tuple[BulkRefusal, ...]
    """What the tree says and the fleet cannot become; such a plan cannot be applied."""
    digest: str
    """A digest of the position, the tree, and whether the plan prunes."""

    @property
    def removed(self) -> int:
        """The number of objects that the plan removes."""
        return self.count(Action.REMOVE)

    def of(self, *kinds: Kind) -> list[Difference]:
        """The differences of objects of these kinds."""
        return [each for each in self.differences if each.kind in kinds]

    def count(self, action: Action) -> int:
        """The number of objects with this action."""
        return sum(each.action is action for each in self.differences)


def plan_of(tree: Tree, fleet: Fleet, *, prunes: bool = False) -> Plan:
    """Compare a tree with a fleet.

    Documents that differ in line ends only are the same, as in an import.

    prunes: whether objects are removed that the tree manages and does not have.

    Raises `ValidationFailed` where it prunes, and the tree does not say what it manages.
    """
    if prunes and tree.managed is None:
        raise ValidationFailed(
            "The tree does not say what it manages, so nothing can be removed for it: add managed.json, such as "
            '{"devices": ["0200000000*"]}.'
        )
    without_layers, without_devices = [*gone_layers(tree, fleet)], [*_gone_devices(tree, fleet)]
    differences = [
        *layer_differences(tree, fleet),
        *(without_layers if prunes else ()),
        *_devices(tree, fleet),
        *(without_devices if prunes else ()),
        *_labels(tree, fleet),
    ]
    refused = [*refused_layers(tree, fleet, prunes=prunes), *_refused_labels(tree, fleet)]
    return Plan(
        fleet.position,
        tuple(differences),
        0 if prunes else len(without_layers) + len(without_devices),
        tuple(refused),
        _digest(tree, fleet.position, prunes=prunes),
    )


def _digest(tree: Tree, position: int, *, prunes: bool) -> str:
    parts = f"{position} {'prune' if prunes else 'keep'} {tree.digest()}"
    return sha256(parts.encode()).hexdigest()[:16]


def _devices(tree: Tree, fleet: Fleet) -> Iterator[Difference]:
    for mac_address in in_order(tree.devices):
        present = fleet.devices.get(mac_address)
        if present is None:
            yield Difference(Kind.DEVICE, str(mac_address), Action.ADD)
        elif not is_same(tree.devices[mac_address].text, present):
            yield Difference(Kind.DEVICE, str(mac_address), Action.CHANGE)


def _gone_devices(tree: Tree, fleet: Fleet) -> Iterator[Difference]:
    if tree.managed is None:
        return
    for mac_address in fleet.devices:
        if mac_address not in tree.devices and tree.managed.has_device(mac_address):
            yield Difference(Kind.DEVICE, str(mac_address), Action.REMOVE)


def _labels(tree: Tree, fleet: Fleet) -> Iterator[Difference]:
    if tree.labels is None:
        return
    for mac_address in in_order({*tree.devices, *tree.labels}):
        before = fleet.labels.get(mac_address, NO_LABELS)
        after = tree.labels.get(mac_address, NO_LABELS)
        if before != after:
            action = Action.ADD if before == NO_LABELS else Action.CHANGE
            yield Difference(Kind.LABELS, str(mac_address), action, tuple(_words(before, after)))


def _words(before: Labels, after: Labels) -> Iterator[str]:
    yield from (f"+{tag}" for tag in after.tags if tag not in before.tags)
    yield from (f"-{tag}" for tag in before.tags if tag not in after.tags)
    if before.note != after.note:
        yield "note"
    if before.model != after.model:
        yield "model" if after.model is None else f"model {after.model}"


def _refused_labels(tree: Tree, fleet: Fleet) -> Iterator[BulkRefusal]:
    there = tree.devices.keys() | fleet.devices.keys() | fleet.without_content
    for mac_address in in_order(tree.labels or ()):
        if mac_address not in there:
            hint = f"give it a file in devices, remove its labels, or let layers serve it ('iotconfig adopt {mac_address}')"
            yield BulkRefusal("tags.json", RecordNotFound(mac_address, hint, what="Device"))
