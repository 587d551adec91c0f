"""The rules that all layers keep together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from iotconfig.domain.errors import PlaceTaken, Unprocessable

from .layer import MAX_LAYERS, Layer
from .reach import ReachKind


def check_together(layers: Iterable[Layer]) -> None:
    """Raise `PlaceTaken` where two of the layers would tie, `Unprocessable` where there are more than 200.

    Two layers tie that have the same rank, that both reach all devices, or that reach the same model; also while one
    of them is disabled, so that enabling it is never refused.
    """
    layers = sorted(layers, key=lambda layer: layer.order)
    if len(layers) > MAX_LAYERS:
        raise Unprocessable(
            f"There are at most {MAX_LAYERS} layers, and would be {len(layers)}: delete those that you no longer need.",
            layers=len(layers),
        )
    for one, other in pairwise(layers):
        if one.order == other.order:
            raise _tie(one, other)


def _tie(one: Layer, other: Layer) -> PlaceTaken:
    names = sorted((one.name, other.name))
    details = {"layers": names}
    both = '"{}" and "{}"'.format(*names)
    kind = one.reach.kind
    if kind is ReachKind.TAGGED:
        return PlaceTaken(
            f"The layers {both} would both have rank {one.rank}: give one of them another rank.", **details
        )
    if kind is ReachKind.FLEET:
        return PlaceTaken(
            f"The layers {both} would both reach all devices: only one fleet layer can exist.", **details
        )
    return PlaceTaken(
        f'The layers {both} would both reach the model "{one.reach.model}": only one layer of a model can exist.',
        **details,
    )
