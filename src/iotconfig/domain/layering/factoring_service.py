"""The use cases of factoring: from flat documents to layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from iotconfig.domain.change_notes import UNSIGNED, ChangeNote
from iotconfig.domain.errors import OtherBytes, Unprocessable
from iotconfig.domain.layers.layer import MAX_LAYERS, RESERVED, Layer, LayerDefinition
from iotconfig.domain.layers.layer_stack import LayerStack
from iotconfig.domain.layers.reach import ReachKind

from .factoring import factor
from .fleet import Fleet, FleetConfig
from .fleet_writes import EMPTY, OnStored, Writes, ignore
from .proposal import RANK_STEP, FactorOptions, FlatDevice, Proposal, ProposedLayer
from .use_cases import LayerUseCases


@frozen
class FactorPlan:
    """A proposal for devices as they were read."""

    proposal: Proposal
    configs: Mapping[str, FleetConfig]
    """By MAC address."""

    @property
    def other_bytes(self) -> int:
        """How many devices would be served other bytes, of the same value."""
        return len(self.proposal.devices) - self.proposal.byte_identical


@frozen
class FactoringService:
    """Moves what documents share into layers.

    This takes several writes. Between them, and where one of them fails, each device is served the value that it was
    served before; `FlatteningService` is the way back. Devices that are made meanwhile are reached by the layers, too.
    All methods may raise what the use cases raise that they are made of.
    """

    fleet: Fleet
    layers: LayerUseCases

    def plan(self, tags: Sequence[str] = (), share: int = 80) -> FactorPlan:
        """Propose layers for all devices, or for those that have all of these tags; nothing is stored.

        share: a value moves up if so many percent of a layer's devices have it

        Raises `Unprocessable` where layers reach some of the devices already, or where a disabled one has the place of a
        proposed one, and `ValidationFailed` as `FactorOptions` does.
        """
        present = self.layers.all()
        options = FactorOptions(
            scope=tuple(tags),
            share=share,
            taken=RESERVED | {layer.name for layer in present},
            first_rank=_above(present),
            most_layers=MAX_LAYERS - len(present),
        )
        configs = self.fleet.read(options.scope)
        stack = LayerStack.of(present)
        reached = [each.mac_address for each in configs if stack.reaching(each.tags, each.model)]
        if reached:
            raise Unprocessable(
                f"Layers reach {len(reached)} of these devices already, such as {reached[0]}: flatten them first, or select "
                "others by a tag."
            )
        plan = self._plan(configs, options)
        _check_places(plan.proposal.layers, present)
        return plan

    def _plan(self, configs: Sequence[FleetConfig], options: FactorOptions) -> FactorPlan:
        devices = [
            FlatDevice(each.mac_address, each.content, frozenset(each.tags), each.model) for each in configs
        ]
        return FactorPlan(factor(devices, options), {each.mac_address: each for each in configs})

    def store(
        self, plan: FactorPlan, accept_bytes: int, note: ChangeNote = UNSIGNED, on_stored: OnStored = ignore
    ) -> None:
        """Store the layers and the own contents of a plan.

        accept_bytes: the number of devices that are served other bytes of the same value, as the plan says it

        Raises `Unprocessable` where a device is unfit, `OtherBytes` where `accept_bytes` is another number, and
        `ChangedSince` where a config was changed meanwhile. After a write that was stored, `on_stored` was called.
        """
        if unfit := plan.proposal.unfit:
            raise Unprocessable(
                f"{len(unfit)} devices would not keep their value, so nothing was stored. "
                f"{unfit[0].mac_address}: {unfit[0].reason}"
            )
        if accept_bytes != plan.other_bytes:
            raise OtherBytes(plan.other_bytes, accept_bytes)
        writes = Writes(self.fleet, self.layers, note, on_stored)
        configs = dict(plan.configs)
        layers = [(layer.name, _definition(layer)) for layer in plan.proposal.layers]
        guards = [each for each in plan.proposal.devices if each.guarded is not None]
        if guards:
            # A null is no value where a layer reaches. So each device is reached before it gets nulls, and has them before
            # a layer has a member that it is not to have.
            for name, definition in layers:
                writes.put(name, evolve(definition, content=EMPTY))
            contents = [
                (configs[each.mac_address], each.guarded) for each in guards if each.guarded is not None
            ]
            configs |= {each.mac_address: each for each in writes.replace(contents)}
        for name, definition in layers:
            writes.put(name, definition)
        writes.replace([(configs[each.mac_address], each.own) for each in plan.proposal.devices])


def _definition(layer: ProposedLayer) -> LayerDefinition:
    return LayerDefinition(layer.content, layer.reach, layer.rank)


def _above(layers: Sequence[Layer]) -> int:
    """A rank above those of all layers."""
    highest = max((layer.rank or 0 for layer in layers), default=0)
    return (highest // RANK_STEP + 1) * RANK_STEP


def _check_places(proposed: Sequence[ProposedLayer], present: Sequence[Layer]) -> None:
    """Only one layer can reach all devices, and one each model; those that are disabled have their places, too."""
    places = {layer.reach: layer.name for layer in present if layer.reach.kind is not ReachKind.TAGGED}
    for layer in proposed:
        name = places.get(layer.reach)
        if name is not None:
            raise Unprocessable(
                f'The layer "{name}", which is disabled, is for {layer.reach}, as the proposed "{layer.name}" is: delete it first.'
            )
