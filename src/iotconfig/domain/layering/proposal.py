"""What factoring takes and proposes."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from iotconfig.domain.documents.composition import Source
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.layers.reach import EVERYTHING, MAX_REACH_TAGS, Reach, ReachKind

RANK_STEP: Final = 10
"""The distance of the ranks that are proposed: there is room for layers in between."""

_MAJORITY: Final = 51
_ALL: Final = 100


@frozen
class FlatDevice:
    """A device that no layer reaches."""

    mac_address: str
    content: ConfigContent
    """Its document."""
    tags: frozenset[str] = frozenset()
    model: str | None = None


@frozen
class ProposedLayer:
    """A layer of which documents could be composed."""

    name: str
    content: ConfigContent
    devices: int
    """How many of the devices it reaches."""
    reach: Reach = EVERYTHING
    rank: int | None = None
    """None where it does not reach tags."""

    @property
    def reaches_all(self) -> bool:
        """Whether it reaches all devices, so that null is a value in it."""
        return self.reach.kind is ReachKind.FLEET

    @property
    def source(self) -> Source:
        """The layer as a source of documents."""
        return Source(self.name, self.content, keeps_nulls=self.reaches_all)

    def reaches(self, device: FlatDevice) -> bool:
        """Whether a device of the selection is reached."""
        return self.reach.takes(device.tags, device.model)


@frozen
class ProposedDevice:
    """What a device keeps as its own, and what it would be served."""

    mac_address: str
    own: ConfigContent
    document: ConfigContent
    is_byte_identical: bool
    """Whether it is served the same bytes as before. If not, it is told of a new document of the same value."""
    outliers: tuple[str, ...]
    """The JSON Pointers of what it sets otherwise than its layers, or removes."""
    guarded: ConfigContent | None = None
    """Its document with nulls for what its layers make and it does not have: its own content while they are stored. None where
    it has all of it."""


@frozen
class UnfitDevice:
    """A device whose document would have another value. Nothing may be stored while there is one."""

    mac_address: str
    reason: str


@frozen
class FactorOptions:
    """What a proposal may contain."""

    scope: tuple[str, ...] = ()
    """Tags that all given devices have: the layers reach devices with these tags only. Without them, the lowest layer
    reaches all devices, so all must be given."""
    share: int = 80
    """A value moves up if so many percent of a layer's devices have it; from 51 to 100."""
    taken: frozenset[str] = frozenset()
    """Names that layers have already."""
    first_rank: int = RANK_STEP
    """The rank of the lowest layer that reaches tags."""
    most_layers: int = 200
    """How many layers may be proposed."""

    def __attrs_post_init__(self) -> None:
        if not _MAJORITY <= self.share <= _ALL:
            raise ValidationFailed(f"The share is from {_MAJORITY} to {_ALL} percent, not {self.share}.")
        if len(self.scope) > MAX_REACH_TAGS:
            raise ValidationFailed(f"A layer reaches {MAX_REACH_TAGS} tags at most, not {len(self.scope)}.")


@frozen
class Proposal:
    """Layers, and the own content of each device, which make the same values as before."""

    layers: tuple[ProposedLayer, ...]
    """The lowest first."""
    devices: tuple[ProposedDevice, ...]
    """In the given order, without those that are unfit."""
    unfit: tuple[UnfitDevice, ...]

    @property
    def byte_identical(self) -> int:
        """How many devices are served the same bytes as before."""
        return sum(device.is_byte_identical for device in self.devices)
