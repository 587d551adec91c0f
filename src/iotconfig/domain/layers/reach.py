"""The devices that a layer reaches: all of them, those of a model, or those with some tags."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.names import name_of
from iotconfig.domain.tags import tags_of

MAX_REACH_TAGS: Final = 8
"""Maximum number of tags that a reach names, and of tags that it excludes."""


class ReachKind(IntEnum):
    """The kinds of reach, in the order of their layers: a layer of a later kind wins."""

    FLEET = 0
    MODEL = 1
    TAGGED = 2


def _check_model(_reach: object, _attribute: object, model: str) -> None:
    name_of(model, "model")


def _check_number(_reach: object, _attribute: object, tags: Collection[str]) -> None:
    if len(tags) > MAX_REACH_TAGS:
        raise ValidationFailed(
            f"A layer's reach names at most {MAX_REACH_TAGS} tags, and excludes at most {MAX_REACH_TAGS}, not {len(tags)}.",
            parameter="reaches",
        )


@frozen
class Reach:
    """The devices that a layer reaches. Without a model and without tags, these are all devices (`EVERYTHING`).

    Raises `ValidationFailed` for a model together with tags, for excluded tags without tags, for a tag that is both,
    for more than 8 of either, and for what is no tag or no name of a model.
    """

    model: str | None = field(default=None, validator=optional(_check_model))
    """Only devices of this model."""
    tags: tuple[str, ...] = field(default=(), converter=tags_of, validator=_check_number)
    """Only devices with all of these tags; sorted."""
    not_tags: tuple[str, ...] = field(default=(), converter=tags_of, validator=_check_number)
    """Only devices with none of these tags; sorted."""

    def __attrs_post_init__(self) -> None:
        if self.model is not None and (self.tags or self.not_tags):
            raise ValidationFailed(
                "A layer reaches the devices of a model, or those with some tags: name one of the two.",
                parameter="reaches",
            )
        if self.not_tags and not self.tags:
            raise ValidationFailed(
                "A layer that excludes tags needs at least one tag that its devices have.",
                parameter="reaches",
            )
        if both := set(self.tags).intersection(self.not_tags):
            raise ValidationFailed(
                f'Tag "{min(both)}" is both named and excluded: the layer would reach no device.',
                parameter="reaches",
            )

    @property
    def kind(self) -> ReachKind:
        """What selects the devices."""
        if self.tags:
            return ReachKind.TAGGED
        return ReachKind.FLEET if self.model is None else ReachKind.MODEL

    def takes(self, tags: Collection[str], model: str | None) -> bool:
        """Whether a device with these tags, and of this model (None: of none), is reached."""
        if self.model is not None:
            return self.model == model
        return all(tag in tags for tag in self.tags) and not any(tag in tags for tag in self.not_tags)

    def __str__(self) -> str:
        """Return the reach in words, for messages and lists."""
        if self.model is not None:
            return f"devices of the model {self.model}"
        if not self.tags:
            return "all devices"
        named = f"devices with {' and '.join(self.tags)}"
        return f"{named}, without {' and '.join(self.not_tags)}" if self.not_tags else named


EVERYTHING: Final = Reach()
"""All devices: the reach of the fleet layer."""
