"""What a plan changes, object by object."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Kind(StrEnum):
    """The kinds of objects that a tree describes, in the order in which a plan shows them."""

    LAYER = "layer"
    DEVICE = "device"
    """The content of a device; its name is the MAC address."""
    LABELS = "labels"
    """The tags, the note and the model of a device; their name is its MAC address."""


class Action(StrEnum):
    """What a plan does with an object."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@frozen
class Difference:
    """One object that the tree has otherwise than the fleet."""

    kind: Kind
    name: str
    action: Action
    what: tuple[str, ...] = ()
    """What changes, such as `rank`, `+kitchen`, `-attic`; empty where the object as a whole is added, replaced or removed."""
