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
    """The document: its text, its ETag and its derived fields. Sealed, where it refers to secrets: then the text is what is
    stored, and the ETag is that of what the device is given."""
    layers: tuple[UsedLayer, ...] = ()
    """The layers that reach the device, lowest first. Empty where the document is the device's own content."""
    rule: int = FIRST_RULE
    """The version of the rule of composition that made the bytes."""
    named: ConfigContent | None = None
    """The document with the names of secrets, where `content` is sealed."""

    @property
    def shown(self) -> ConfigContent:
        """The document as people see it: with the names of secrets, and without their values."""
        return self.content if self.named is None else self.named
