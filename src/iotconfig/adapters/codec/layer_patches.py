"""A layer's definition as JSON, and merge patches of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Final

from attrs import frozen

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.json_members import Member, members
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import Reach

from .bodies import BodyReader
from .members import BODY_DEPTH, merge_patch_of
from .reaches import reach_members

REACHES: Final = "The devices that it reaches"
RANK: Final = (
    "Its place among the layers of tags, from 1 to 1,000,000: the higher rank wins. Null for other layers"
)
ENABLED: Final = "Whether it reaches any device at present"

_CONTENT: Final = "content"


@frozen
class LayerPlace:
    """The members of a layer beside its document."""

    reaches: Annotated[Reach, REACHES]
    rank: Annotated[int | None, RANK] = None
    enabled: Annotated[bool, ENABLED] = True


def merging(max_content_bytes: int) -> Callable[[LayerDefinition, MergePatch], LayerDefinition]:
    """Return what merges a patch into a definition, for `PatchLayer`.

    max_content_bytes: the size limit of the document, in bytes of UTF-8.

    It raises `InvalidDocument` for a member that a layer does not have, or of a wrong kind; `ContentTooLarge`; and the
    errors of `LayerDefinition`.
    """
    bodies = BodyReader(max_content_bytes)

    def merge(definition: LayerDefinition, patch: MergePatch) -> LayerDefinition:
        given = {member.name: member for member in members(patch.text, BODY_DEPTH)}
        content = definition.content
        if (member := given.pop(_CONTENT, None)) is not None:
            content = _merged_content(content, member, max_content_bytes)
        others = ", ".join(f"{json.dumps(name)}: {member.text}" for name, member in given.items())
        merged = MergePatch.parse(f"{{{others}}}").merged_into(_place_text(definition))
        place = bodies.read(merged.encode(), LayerPlace)
        return LayerDefinition(content, place.reaches, place.rank, place.enabled)

    return merge


def _place_text(definition: LayerDefinition) -> str:
    return json.dumps(
        {
            "reaches": reach_members(definition.reach),
            "rank": definition.rank,
            "enabled": definition.enabled,
        }
    )


def _merged_content(content: ConfigContent, member: Member, max_bytes: int) -> ConfigContent:
    """The document with a patch merged into it; the space around it stays."""
    patch = merge_patch_of(member, max_bytes)
    try:
        return content.merged(patch.merged_into(content.text), patch.values, max_bytes)
    except InvalidDocument as error:
        raise error.within(f"/{_CONTENT}") from None
