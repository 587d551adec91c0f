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
    """What `FlatteningService.flatten` did."""

    devices: int
    """How many devices have got what they are served as their own content."""
    layers: tuple[str, ...]
    """The layers that were deleted."""


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
        self, tags: Sequence[str] = (), note: ChangeNote = UNSIGNED, on_stored: OnStored = ignore
    ) -> Flattening:
        """Store what devices are served as their own content: all devices, or those that have all of these tags.

        Without tags, the enabled layers are deleted then, and all devices are served the same bytes as before. With tags,
        the layers stay, and devices whose own content removes members keep a null for each of them.

        Raises `Unprocessable` where a document has a null of the layer of all devices, which as own content would remove;
        `ChangedSince` where a config was changed meanwhile. After a write that was stored, `on_stored` was called.
        """
        present = LayerStack.of(self.layers.all())
        stacks = Stacks()
        found: list[tuple[FleetConfig, Flattened]] = []
        for config in self.fleet.read(tags):
            if reaching := present.reaching(config.tags, config.model):
                stack = stacks.of([_source(layer) for layer in reaching])
                found.append((config, flattened(stack, config.content)))
        _check_nulls(found)
        writes = Writes(self.fleet, self.layers, note, on_stored)
        configs = writes.replace([(config, each.guarded or each.document) for config, each in found])
        if tags:
            return Flattening(len(found), ())
        writes.know(present.layers)
        # The highest first: own contents have nulls for what the layers make without those.
        highest_first = present.layers[::-1]
        if any(each.guarded is not None for _, each in found):
            # A null is no value until no layer reaches. So the layers are emptied before the nulls go, and deleted behind.
            for layer in highest_first:
                writes.put(layer.name, evolve(layer.definition, content=EMPTY))
            writes.replace(
                [(config, each.document) for config, (_, each) in zip(configs, found, strict=True)]
            )
        for layer in highest_first:
            writes.delete(layer.name)
        return Flattening(len(found), tuple(layer.name for layer in present.layers))


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
