"""The enabled layers in their order, and those of them that reach a device."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Final, Self

from attrs import frozen

from .layer import Layer
from .reach import ReachKind


@frozen
class LayerStack:
    """The enabled layers, the lowest first: fleet < model < tagged by rank."""

    layers: tuple[Layer, ...] = ()

    @classmethod
    def of(cls, layers: Iterable[Layer]) -> Self:
        """Return the stack of those of the layers that are enabled."""
        enabled = [layer for layer in layers if layer.enabled]
        return cls(tuple(sorted(enabled, key=lambda layer: layer.order)))

    def __bool__(self) -> bool:
        return bool(self.layers)

    def reaching(self, tags: Collection[str], model: str | None) -> tuple[Layer, ...]:
        """Return the layers that reach a device with these tags and of this model (None: of none), the lowest first."""
        if not self.layers:
            return ()
        found = [*self._fleet, *self._by_model.get(model, ())]
        by_tag = self._by_tag
        # Only layers that name a tag of the device are asked: there may be 200, of which a few reach it.
        places = sorted(place for tag in set(tags) for place in by_tag.get(tag, ()))
        found += (layer for layer in map(self.layers.__getitem__, places) if layer.reach.takes(tags, model))
        return tuple(found)

    @cached_property
    def _fleet(self) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.layers if layer.reach.kind is ReachKind.FLEET)

    @cached_property
    def _by_model(self) -> dict[str | None, tuple[Layer, ...]]:
        """The layers of each model: at most one."""
        return {layer.reach.model: (layer,) for layer in self.layers if layer.reach.kind is ReachKind.MODEL}

    @cached_property
    def _by_tag(self) -> dict[str, list[int]]:
        """The places of the layers of tags, by the first tag that they name."""
        places: dict[str, list[int]] = {}
        for place, layer in enumerate(self.layers):
            if layer.reach.tags:
                places.setdefault(layer.reach.tags[0], []).append(place)
        return places


NO_LAYERS: Final = LayerStack()
"""The stack that reaches no device."""
