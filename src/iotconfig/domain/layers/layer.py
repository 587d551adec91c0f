"""One layer."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Self

from attrs import evolve, field, frozen

from iotconfig.domain.arguments import check_flag, check_kind, check_whole_number
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.names import name_of

from .reach import Reach, ReachKind

MAX_RANK: Final = 1_000_000
"""The highest rank."""

MAX_LAYERS: Final = 200
"""Maximum number of layers, the disabled ones included."""


RESERVED: Final = frozenset({"order"})
"""Names that no layer can have: `/api/layers/order` orders all of them."""


def layer_name_of(name: str) -> str:
    """Return `name` if it is a name of a layer. Raises `ValidationFailed` otherwise, `TypeError` for what is no str."""
    if name in RESERVED:
        raise ValidationFailed(
            f'A layer cannot be named "{name}": a path of the API has this word. Choose another name.',
            parameter="name",
        )
    return name_of(name, "layer")


def _check_name(_layer: object, _attribute: object, name: str) -> None:
    layer_name_of(name)


def check_rank(rank: int) -> None:
    """Raise `ValidationFailed` unless `rank` is from 1 to 1,000,000, `TypeError` unless it is an int."""
    check_whole_number(rank, "The rank of a layer is an int")
    if not 1 <= rank <= MAX_RANK:
        raise ValidationFailed(
            f"The rank of a layer is a whole number from 1 to {MAX_RANK}, not {rank}.", parameter="rank"
        )


def _check_content(_layer: object, _attribute: object, content: ConfigContent) -> None:
    check_kind(content, ConfigContent, "The content of a layer is a ConfigContent")


def _check_reach(_layer: object, _attribute: object, reach: Reach) -> None:
    check_kind(reach, Reach, 'The reach of a layer is a Reach, such as Reach(tags=["floor-3"])')


@frozen
class LayerDefinition:
    """What operators decide about a layer.

    Raises `ValidationFailed` for a layer of tags without a rank, for another layer with one, and for a rank that is
    not from 1 to 1,000,000.
    """

    content: ConfigContent = field(validator=_check_content)
    """The layer's document, verbatim. A null removes what lower layers set; in the fleet layer it is a value."""
    reach: Reach = field(validator=_check_reach)
    rank: int | None = None
    """The place of a layer of tags among those: of two layers that reach a device, the one with the higher rank wins.
    None for the fleet layer and for layers of models, which are below all layers of tags."""
    enabled: bool = field(default=True, validator=check_flag)
    """Whether it reaches any device at present."""

    def __attrs_post_init__(self) -> None:
        is_tagged = self.reach.kind is ReachKind.TAGGED
        if self.rank is not None:
            check_rank(self.rank)
            if not is_tagged:
                raise ValidationFailed(
                    f"A layer for {self.reach} has no rank: it is below all layers that tags select.",
                    parameter="rank",
                )
        elif is_tagged:
            raise ValidationFailed(
                f"A layer of tags needs a rank from 1 to {MAX_RANK} that no other layer has.",
                parameter="rank",
            )


@frozen(kw_only=True)
class LayerSummary:
    """A layer as lists show it: without its document."""

    name: str
    reach: Reach
    rank: int | None
    enabled: bool
    revision: int
    etag: str
    """The ETag of the layer's document."""
    created_at: datetime
    updated_at: datetime
    change: str = field(default="", eq=False)
    """The id of the write that made the revision. Not compared: ids are random."""

    @property
    def order(self) -> tuple[int, int, str]:
        """What layers are sorted by, the lowest first."""
        return _order_of(self.reach, self.rank)


def _order_of(reach: Reach, rank: int | None) -> tuple[int, int, str]:
    return reach.kind, rank or 0, reach.model or ""


@frozen(kw_only=True)
class Layer:
    """One layer as it is stored."""

    name: str = field(validator=_check_name)
    definition: LayerDefinition
    revision: int
    """Counted per name, from 1; it goes on when a layer of this name is made again."""
    created_at: datetime
    updated_at: datetime
    change: str = field(default="", eq=False)
    """The id of the write that made the revision. Not compared: ids are random."""

    @property
    def content(self) -> ConfigContent:
        """The layer's document, verbatim."""
        return self.definition.content

    @property
    def reach(self) -> Reach:
        """The devices that it reaches while it is enabled."""
        return self.definition.reach

    @property
    def rank(self) -> int | None:
        """Its place among the layers of tags; None for other layers."""
        return self.definition.rank

    @property
    def enabled(self) -> bool:
        """Whether it reaches any device at present."""
        return self.definition.enabled

    @property
    def order(self) -> tuple[int, int, str]:
        """What layers are sorted by, the lowest first: the fleet layer, those of models, those of tags by rank."""
        return _order_of(self.reach, self.rank)

    def summary(self) -> LayerSummary:
        """Return the layer without its document."""
        return LayerSummary(
            name=self.name,
            reach=self.reach,
            rank=self.rank,
            enabled=self.enabled,
            revision=self.revision,
            etag=self.content.etag,
            created_at=self.created_at,
            updated_at=self.updated_at,
            change=self.change,
        )

    def changed(self, definition: LayerDefinition, revision: int, now: datetime) -> Self:
        """Return the layer with another definition. Times never decrease, even if the clock was set back."""
        return evolve(self, definition=definition, revision=revision, updated_at=max(self.updated_at, now))
