"""A document for a device, and what it was composed of."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from .content import ConfigContent

FIRST_RULE: Final = 1
"""The first version of the rule of composition. Content that no layer reaches has it, too."""


@frozen
class UsedLayer:
    """A layer as one of its revisions has it."""

    name: str
    """The name of the layer."""
    revision: int


@frozen
class ServedDocument:
    """What a device is served, and what it was composed of."""

    content: ConfigContent
    """The document: its text, its ETag and its derived fields."""
    layers: tuple[UsedLayer, ...] = ()
    """The layers that reach the device, lowest first. Empty where the document is the device's own content."""
    rule: int = FIRST_RULE
    """The version of the rule of composition that made the bytes."""
