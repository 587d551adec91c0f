"""Flattening: what devices are served becomes their own content, so that they need no layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.change_notes import UNSIGNED, ChangeNote
from iotconfig.domain.documents.composition import Source
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.null_members import null_members
from iotconfig.domain.errors import Unprocessable
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.layers.layer_stack import LayerStack
from iotconfig.domain.layers.reach import ReachKind

from .factored_texts import guarded
from .fleet import Fleet, FleetConfig
from .fleet_writes import EMPTY, OnStored, Writes, ignore
from .stacked import Stacked, Stacks
from .use_cases import LayerUseCases

_SHOWN: Final = 5


@frozen
class Flattened:
    """The own content with which a device needs no layers."""

    document: ConfigContent
    """What it is served, byte for byte."""
    guarded: ConfigContent | None
    """The same with nulls for what the layers make and its own content removes: its own content while layers reach it.
    None where that is nothing."""


@frozen
class Flattening:
    """What `FlatteningService.flatten` did, or would do."""

    devices: int
    """How many devices have got what they are served as their own content."""
    layers: tuple[str, ...]
    """The layers that were deleted, the lowest first."""


def flattened(stack: Stacked, own: ConfigContent | None) -> Flattened:
    """Flatten one device: the layers that reach it, and its own content, if it has one.

    Raises what `Folded.under` does.
    """
    document = stack.folded.under(own).content
    return Flattened(document, guarded(document, stack.values()))


@frozen
class FlatteningService:
    """Moves what layers set back into the documents.

    This takes several writes. Between them, and where one of them fails, each device is served the value that it was
    served before. Devices that are made meanwhile lose what layers set. It may raise what the use cases raise that it
    is made of.
    """

    fleet: Fleet
    layers: LayerUseCases

    def flatten(
        self,
        tags: Sequence[str] = (),
        note: ChangeNote = UNSIGNED,
        on_stored: OnStored = ignore,
        *,
        dry_run: bool = False,
    ) -> Flattening:
        """Store what devices are served as their own content: all devices, or those that have all of these tags.

        Without tags, the enabled layers are deleted then, and all devices are served the same bytes as before. With tags,
        the layers stay, and devices whose own content removes members keep a null for each of them.

        dry_run: whether nothing is stored

        Raises `Unprocessable` where a document has a null of the layer of all devices, which as own content would remove;
        `ChangedSince` where a config was changed meanwhile. After a write that was stored, `on_stored` was called.
        """
        present = LayerStack.of(self.layers.all())
        stacks = Stacks()
        found: list[tuple[FleetConfig, Flattened]] = []
        for config in (*self.fleet.read(tags), *self.fleet.without_content(tags)):
            if reaching := present.reaching(config.tags, config.model):
                stack = stacks.of([_source(layer) for layer in reaching])
                own = None if config.content.is_absent else config.content
                found.append((config, flattened(stack, own)))
        _check_nulls(found)
        flattening = Flattening(len(found), () if tags else tuple(layer.name for layer in present.layers))
        if not dry_run:
            writes = Writes(self.fleet, self.layers, note, on_stored)
            configs = writes.replace([(config, each.guarded or each.document) for config, each in found])
            if not tags:
                clean = [(config, each.document) for config, (_, each) in zip(configs, found, strict=True)]
                _delete(present, clean, writes)
        return flattening


def _delete(stack: LayerStack, contents: Sequence[tuple[FleetConfig, ConfigContent]], writes: Writes) -> None:
    """Delete the layers, the highest first: own contents have nulls for what the layers make without those."""
    writes.know(stack.layers)
    highest_first = stack.layers[::-1]
    if any(content != config.content for config, content in contents):
        # A null is a value where no layer reaches. So the nulls go while empty layers reach.
        for layer in highest_first:
            writes.put(layer.name, evolve(layer.definition, content=EMPTY))
        writes.replace(contents)
    for layer in highest_first:
        writes.delete(layer.name)


def _source(layer: Layer) -> Source:
    return Source(layer.name, layer.content, keeps_nulls=layer.reach.kind is ReachKind.FLEET)


def _check_nulls(found: Sequence[tuple[FleetConfig, Flattened]]) -> None:
    devices = [config.mac_address for config, each in found if null_members(each.document)]
    if devices:
        raise Unprocessable(
            f"{len(devices)} documents have a null of the layer of all devices, which would remove the member from own content: "
            f"{', '.join(devices[:_SHOWN])}. Give the member another value, or remove it, and flatten then.",
            devices=devices,
        )
