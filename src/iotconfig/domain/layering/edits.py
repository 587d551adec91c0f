"""The edits of layers. Each says which changes it makes of the layers that it finds under their lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from attrs import evolve, field, frozen

from iotconfig.domain.arguments import check_kind, check_whole_number, kind_of
from iotconfig.domain.change_notes import Operation
from iotconfig.domain.configs.precondition import UNCONDITIONAL, Precondition, check_precondition
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import PlaceTaken, PreconditionFailed, RecordNotFound, ValidationFailed
from iotconfig.domain.layers.layer import MAX_LAYERS, Layer, LayerDefinition, layer_name_of
from iotconfig.domain.layers.ports import LayerReader
from iotconfig.domain.layers.reach import ReachKind
from iotconfig.domain.layers.revisions import LayerChange
from iotconfig.domain.offload import Offload, run_inline

from .history import found_revision

_UNRANKED = "has no rank: it is always below the layers of tags"


class LayersEdit(Protocol):
    """An edit of one layer, or of several at once."""

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the changes that the edit makes; none where all stays as it is.

        layers: as they are now. The caller stores the changes while no other writer changes layers.

        Raises `RecordNotFound` for a layer that does not exist, `PreconditionFailed` for one at a revision that the
        precondition excludes, and what the edit documents.
        """
        ...


def _check_definition(_edit: object, _attribute: object, definition: LayerDefinition) -> None:
    check_kind(definition, LayerDefinition, "The definition of a layer is a LayerDefinition")


def _check_precondition(_edit: object, _attribute: object, precondition: Precondition) -> None:
    check_precondition(precondition)


def _check_patch(_edit: object, _attribute: object, patch: MergePatch) -> None:
    check_kind(patch, MergePatch, "A merge patch is a MergePatch, such as MergePatch.parse('{\"rank\": 3}')")


def _check_revision(_edit: object, _attribute: object, revision: int) -> None:
    check_whole_number(revision, "The revision to go back to is an int")


@frozen
class CreateLayer:
    """Makes a layer. Raises `PlaceTaken` where there is one of this name."""

    name: str = field(converter=layer_name_of)
    definition: LayerDefinition = field(validator=_check_definition)

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the creation."""
        if layers.get(self.name) is not None:
            raise PlaceTaken(
                f'A layer named "{self.name}" exists already: change it instead.', name=self.name
            )
        return [created(layers, self.name, self.definition, Operation.CREATE, now)]


@frozen
class PutLayer:
    """Makes a layer, or gives the one of this name another definition."""

    name: str = field(converter=layer_name_of)
    definition: LayerDefinition = field(validator=_check_definition)
    precondition: Precondition = field(default=UNCONDITIONAL, validator=_check_precondition)

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the creation or the change."""
        present = layers.get(self.name)
        check_state(self.precondition, self.name, present)
        if present is None:
            return [created(layers, self.name, self.definition, Operation.CREATE, now)]
        return changed(present, self.definition, Operation.UPDATE, now)


@frozen
class PatchLayer:
    """Changes members of a layer by a merge patch (RFC 7396) of its JSON. Members that it does not name keep their bytes."""

    name: str = field(converter=layer_name_of)
    patch: MergePatch = field(validator=_check_patch)
    merge: Callable[[LayerDefinition, MergePatch], LayerDefinition]
    """Returns the definition with the patch merged into its JSON, without waiting for other work. Raises the errors of
    `LayerDefinition`, and `InvalidDocument` or `ContentTooLarge` for content that breaks a rule."""
    precondition: Precondition = field(default=UNCONDITIONAL, validator=_check_precondition)
    offload: Offload = field(default=run_inline, eq=False, repr=False)
    """Runs the merge outside of transactions."""

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the change. Raises what `merge` raises."""
        present = self.present(layers)
        return changed(present, self.merge(present.definition, self.patch), Operation.UPDATE, now)

    def present(self, layers: LayerReader) -> Layer:
        """Return the layer that is changed. Raises as `changes` does."""
        return existing(layers, self.name, self.precondition)

    def merged(self, present: Layer) -> PutLayer:
        """Return the same edit of a layer that is `present`; it is refused (`PreconditionFailed`) once the layer has changed.

        It may wait for other work: call it outside of transactions. Raises what `merge` raises.
        """
        size = len(present.content.text) + len(self.patch.text)
        definition = self.offload(lambda: self.merge(present.definition, self.patch), size)
        return PutLayer(self.name, definition, Precondition(one_of={present.revision}))


@frozen
class RollBackLayer:
    """Gives a layer the document of an earlier revision. Its reach, its rank and its switch stay."""

    name: str = field(converter=layer_name_of)
    revision: int = field(validator=_check_revision)
    precondition: Precondition = field(default=UNCONDITIONAL, validator=_check_precondition)

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the change. Raises `ValidationFailed` where the revision is a deletion."""
        present = existing(layers, self.name, self.precondition)
        revision = found_revision(layers, self.name, self.revision)
        if revision.content is None:
            raise ValidationFailed(
                f'Revision {self.revision} of layer "{self.name}" is its deletion, and has no document.'
            )
        definition = evolve(present.definition, content=revision.content)
        return changed(present, definition, Operation.ROLLBACK, now)


@frozen
class DeleteLayer:
    """Removes a layer. Its history stays, and goes on with a later layer of the same name."""

    name: str = field(converter=layer_name_of)
    precondition: Precondition = field(default=UNCONDITIONAL, validator=_check_precondition)

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the deletion."""
        return [deleted(existing(layers, self.name, self.precondition), now)]


def _names_of(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise TypeError(f"The order of layers is a list of names, not {kind_of(names)}.")
    if len(names) > MAX_LAYERS:
        raise ValidationFailed(
            f"There are at most {MAX_LAYERS} layers, and the order names {len(names)}.", parameter="layers"
        )
    return tuple(layer_name_of(name) for name in names)


@frozen
class OrderLayers:
    """Puts the layers of tags in another order: they exchange their ranks."""

    names: tuple[str, ...] = field(converter=_names_of)
    """All layers of tags, the disabled ones included, the lowest first."""

    def changes(self, layers: LayerReader, now: datetime) -> Sequence[LayerChange]:
        """Return the changes of the layers that get another rank.

        Raises `ValidationFailed` where a layer of tags is missing, or named twice, or where another one is named.
        """
        tagged = {layer.name: layer for layer in layers.all() if layer.reach.kind is ReachKind.TAGGED}
        self._check_all(layers, tagged)
        ranks = sorted(layer.rank or 0 for layer in tagged.values())
        return [*self._moves(tagged, ranks, now)]

    def _moves(self, tagged: dict[str, Layer], ranks: Sequence[int], now: datetime) -> Iterator[LayerChange]:
        for name, rank in zip(self.names, ranks, strict=True):
            layer = tagged[name]
            yield from changed(layer, evolve(layer.definition, rank=rank), Operation.UPDATE, now)

    def _check_all(self, layers: LayerReader, tagged: dict[str, Layer]) -> None:
        for name, times in Counter(self.names).items():
            if times > 1:
                raise ValidationFailed(
                    f'The order names the layer "{name}" {times} times.', parameter="layers"
                )
            if name not in tagged:
                if layers.get(name) is None:
                    raise RecordNotFound(name, what="Layer")
                raise ValidationFailed(f'The layer "{name}" {_UNRANKED}.', parameter="layers")
        if missing := sorted(set(tagged).difference(self.names)):
            raise ValidationFailed(
                f"The order must name all layers of tags, and lacks: {', '.join(missing)}.",
                parameter="layers",
                missing=missing,
            )


def existing(layers: LayerReader, name: str, precondition: Precondition) -> Layer:
    """Return the layer of this name. Raises `RecordNotFound`, and `PreconditionFailed`."""
    layer = layers.get(name)
    if layer is None:
        raise RecordNotFound(name, what="Layer")
    check_state(precondition, name, layer)
    return layer


def check_state(precondition: Precondition, name: str, layer: Layer | None) -> None:
    """Raise `PreconditionFailed` unless the state of a layer is allowed; None: there is none of this name."""
    if precondition.allows(None if layer is None else layer.revision):
        return
    if layer is None:
        raise PreconditionFailed(
            f'The precondition requires an existing layer: there is none named "{name}".'
        )
    raise PreconditionFailed(
        f'Layer "{name}" is at revision {layer.revision}, which the precondition excludes: read it again, then repeat '
        "the change.",
        revision=layer.revision,
    )


def created(
    layers: LayerReader, name: str, definition: LayerDefinition, operation: Operation, now: datetime
) -> LayerChange:
    """Return the creation, or the restoration, of a layer. Its revision goes on from that of the last one of this name."""
    newest = layers.newest(name)
    at = now if newest is None else max(now, newest.created_at)
    revision = 1 if newest is None else newest.revision + 1
    made = Layer(name=name, definition=definition, revision=revision, created_at=at, updated_at=at)
    return LayerChange(operation, made)


def changed(
    layer: Layer, definition: LayerDefinition, operation: Operation, now: datetime
) -> Sequence[LayerChange]:
    """Return the change of a layer; none where it has this definition."""
    if definition == layer.definition:
        return []
    return [LayerChange(operation, layer.changed(definition, layer.revision + 1, now))]


def deleted(layer: Layer, now: datetime) -> LayerChange:
    """Return the deletion of a layer."""
    return LayerChange(Operation.DELETE, layer.changed(layer.definition, layer.revision + 1, now))
