"""Factoring: layers, proposed for devices whose documents stand alone.

What most documents have in common moves up: into a layer that reaches all devices, one for each model, one for each tag.
What remains is the own content of each device. Every document is composed of what is proposed, and compared
with what it was; those that do not have the very same value are listed, and nothing may be stored while there are any.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.null_members import null_members
from iotconfig.domain.documents.written_value import Path, leaves, written_value
from iotconfig.domain.errors import ContentTooLarge, ValidationFailed
from iotconfig.domain.layers.reach import MAX_REACH_TAGS, Reach

from .factored_texts import guarded, layer_content, remainder
from .proposal import (
    RANK_STEP,
    FactorOptions,
    FlatDevice,
    Proposal,
    ProposedDevice,
    ProposedLayer,
    UnfitDevice,
)
from .stacked import Stacked, Stacks

_NULL: Final = (type(None), None)
"""It never moves up. In the layer of all devices it could, but own content that has it, too, would remove it until the
layers are stored and the own content is replaced."""
_LONGEST_NAME: Final = 63
_SHOWN: Final = 5
_EMPTY: Final = ConfigContent.parse("{}")


def factor(devices: Sequence[FlatDevice], options: FactorOptions | None = None) -> Proposal:
    """Propose layers for devices, and prove that each document keeps its value.

    Processor time is proportional to the length of all documents, times the number of tags of a device.
    Raises `ValidationFailed` where a device does not have the tags of the scope.
    """
    factoring = _Factoring(tuple(devices), options or FactorOptions())
    factoring.check_scope()
    for layer in factoring.candidates():
        factoring.propose(layer)
    return factoring.proposal()


@define
class _Factoring:
    devices: tuple[FlatDevice, ...]
    options: FactorOptions
    layers: list[ProposedLayer] = field(factory=list)
    _stacks: Stacks = field(factory=Stacks)

    def check_scope(self) -> None:
        for device in self.devices:
            if missing := set(self.options.scope) - device.tags:
                raise ValidationFailed(
                    f"{device.mac_address} does not have the tag {min(missing)}, so it is outside of the scope."
                )

    def candidates(self) -> list[ProposedLayer]:
        """Layers without documents, in the order of the stack."""
        scope, empty = self.options.scope, _EMPTY
        found = [ProposedLayer("-".join(scope) or "base", empty, len(self.devices), Reach(tags=scope))]
        if not scope:
            models = Counter(device.model for device in self.devices if device.model is not None)
            found += [ProposedLayer(model, empty, models[model], Reach(model)) for model in sorted(models)]
        if len(scope) < MAX_REACH_TAGS:
            tags = Counter(tag for device in self.devices for tag in device.tags - set(scope))
            ordered = sorted(tags, key=lambda tag: (-tags[tag], tag))
            found += [ProposedLayer(tag, empty, tags[tag], Reach(tags=(*scope, tag))) for tag in ordered]
        return [layer for layer in found if layer.devices > 1]

    def propose(self, candidate: ProposedLayer) -> None:
        """Add the layer with what its devices have in common and lower layers do not make; none if that is nothing."""
        if len(self.layers) == self.options.most_layers:
            return
        reached = [device for device in self.devices if candidate.reaches(device)]
        counts: Counter[tuple[Path, Hashable]] = Counter()
        first: dict[tuple[Path, Hashable], FlatDevice] = {}
        for device in reached:
            for leaf in self._differences(device):
                counts[leaf] += 1
                first.setdefault(leaf, device)
        chosen = {
            path: value
            for (path, value), count in counts.items()
            if count * 100 >= self.options.share * len(reached) and value != _NULL
        }
        if not chosen:
            return
        others = {path: first[path, value].content for path, value in chosen.items()}
        content = layer_content(chosen, _most_typical(reached, chosen).content, others)
        ranked = sum(layer.rank is not None for layer in self.layers)
        rank = self.options.first_rank + ranked * RANK_STEP if candidate.reach.tags else None
        self.layers.append(evolve(candidate, name=self._name(candidate.name), content=content, rank=rank))

    def proposal(self) -> Proposal:
        """Take each document apart, and compose it again."""
        found = [self._taken_apart(device) for device in self.devices]
        return Proposal(
            tuple(self.layers),
            tuple(each for each in found if isinstance(each, ProposedDevice)),
            tuple(each for each in found if isinstance(each, UnfitDevice)),
        )

    def _taken_apart(self, device: FlatDevice) -> ProposedDevice | UnfitDevice:
        stack = self._reaching(device)
        try:
            own = remainder(device.content, stack.value)
            document = stack.folded.under(own.content).content
            guard = guarded(device.content, stack.values())
        except ContentTooLarge as error:
            return UnfitDevice(device.mac_address, str(error))
        if written_value(document.text) != written_value(device.content.text):
            return UnfitDevice(device.mac_address, _reason(device.content))
        is_same = document.text == device.content.text
        return ProposedDevice(device.mac_address, own.content, document, is_same, own.outliers, guard)

    def _differences(self, device: FlatDevice) -> list[tuple[Path, Hashable]]:
        """The values of a document that its layers do not make."""
        lower = self._reaching(device).leaves
        return [
            (path, value)
            for path, value in leaves(written_value(device.content.text))
            if path not in lower or lower[path] != value
        ]

    def _reaching(self, device: FlatDevice) -> Stacked:
        return self._stacks.of([layer.source for layer in self.layers if layer.reaches(device)])

    def _name(self, wanted: str) -> str:
        """A name that a layer may have, and none has."""
        plain = re.sub("[^a-z0-9]+", "-", wanted.casefold()).strip("-")[:_LONGEST_NAME].strip("-") or "layer"
        taken = self.options.taken | {layer.name for layer in self.layers}
        name, number = plain, 1
        while name in taken:
            number += 1
            ending = f"-{number}"
            name = plain[: _LONGEST_NAME - len(ending)] + ending
        return name


def _most_typical(devices: Iterable[FlatDevice], chosen: Mapping[Path, Hashable]) -> FlatDevice:
    """The first device that has the most of the chosen values."""

    def count(device: FlatDevice) -> int:
        found = leaves(written_value(device.content.text))
        return sum(path in chosen and chosen[path] == value for path, value in found)

    return max(devices, key=count)


def _reason(content: ConfigContent) -> str:
    nulls = null_members(content)
    if nulls:
        return (
            f"Null is no value where layers reach, and its document has nulls: {', '.join(nulls[:_SHOWN])}."
        )
    return "Its document would have another value."
