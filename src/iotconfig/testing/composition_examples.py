"""The worked examples of composition: layers and own content, and the bytes of the document that they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from attrs import frozen

from iotconfig.domain.layers.reach import EVERYTHING, Reach


@frozen
class ExampleLayer:
    """A layer of an example."""

    name: str
    reaches: Mapping[str, Any]
    """Whom it reaches, as the HTTP API spells it. All layers of an example reach its device."""
    rank: int | None
    content: str

    @property
    def reach(self) -> Reach:
        """The same as a reach."""
        return EVERYTHING if self.reaches_all else Reach(**self.reaches)

    @property
    def reaches_all(self) -> bool:
        """Whether it is the layer of all devices, in which null is a value."""
        return "all" in self.reaches


@frozen
class CompositionExample:
    """One example: what is stored, and what the device is served."""

    name: str
    rule: str
    """What it shows, in one or two sentences."""
    layers: tuple[ExampleLayer, ...]
    """The layers that reach the device, the lowest first."""
    own: str | None
    """The own content of the device; None where it has none."""
    document: str
    """What the device is served."""
    unused: tuple[tuple[str, str], ...]
    """The nulls that remove nothing: name of the layer, or `own content`, and JSON Pointer."""


@cache
def composition_examples() -> tuple[CompositionExample, ...]:
    """All examples, in the order in which the documentation shows them."""
    text = (
        resources.files("iotconfig.testing.contracts")
        .joinpath("composition_examples.json")
        .read_text("utf-8")
    )
    return tuple(
        CompositionExample(
            name=each["name"],
            rule=each["rule"],
            layers=tuple(ExampleLayer(**layer) for layer in each["layers"]),
            own=each["own"],
            document=each["document"],
            unused=tuple((name, pointer) for name, pointer in each["unused"]),
        )
        for each in json.loads(text)
    )
