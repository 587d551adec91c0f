"""A layer's definition as JSON, and merge patches of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

from attrs import frozen

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import Reach

from .bodies import BodyReader
from .reaches import reach_members

REACHES = "The devices that it reaches"
RANK = "Its place among the layers of tags, from 1 to 1,000,000: the higher rank wins. Null for other layers"
ENABLED = "Whether it reaches any device at present"


@frozen
class LayerMembers:
    """The members of a layer that an operator decides."""

    reaches: Annotated[Reach, REACHES]
    content: ConfigContent
    rank: Annotated[int | None, RANK] = None
    enabled: Annotated[bool, ENABLED] = True

    def definition(self) -> LayerDefinition:
        """Return the definition. Raises `ValidationFailed` where the rank does not fit the reach."""
        return LayerDefinition(self.content, self.reaches, self.rank, self.enabled)


def definition_text(definition: LayerDefinition) -> str:
    """Return the JSON of a definition; the text of its document is verbatim."""
    members = {
        "reaches": reach_members(definition.reach),
        "rank": definition.rank,
        "enabled": definition.enabled,
    }
    return f'{json.dumps(members)[:-1]}, "content": {definition.content.text}}}'


def merging(max_content_bytes: int) -> Callable[[LayerDefinition, MergePatch], LayerDefinition]:
    """Return what merges a patch into a definition, for `PatchLayer`.

    max_content_bytes: the size limit of the document, in bytes of UTF-8.

    It raises `InvalidDocument` for a member that a layer does not have, or of a wrong kind; `ContentTooLarge`; and the
    errors of `LayerDefinition`.
    """
    bodies = BodyReader(max_content_bytes)

    def merge(definition: LayerDefinition, patch: MergePatch) -> LayerDefinition:
        merged = patch.merged_into(definition_text(definition))
        return bodies.read(merged.encode(), LayerMembers).definition()

    return merge
