"""The reach of a layer as JSON: `{"all": true}`, `{"model": "lamp"}`, or `{"tags": ["floor-3"], "not_tags": []}`."""

from __future__ import annotations

from typing import Any

from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.json_members import Member
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.layers.reach import EVERYTHING, Reach, ReachKind

_SHAPES = '{"all": true}, {"model": "…"} or {"tags": ["…"]}'
_TAGS = frozenset({"tags", "not_tags"})


def reach_members(reach: Reach) -> dict[str, object]:
    """Return the members of a reach."""
    if reach.kind is ReachKind.FLEET:
        return {"all": True}
    if reach.kind is ReachKind.MODEL:
        return {"model": reach.model}
    return {"tags": list(reach.tags), "not_tags": list(reach.not_tags)}


def reach_of(member: Member) -> Reach:
    """Read the reach that a member holds. Raises `InvalidDocument`, whose pointer begins with the member's name."""
    try:
        return reach_in(member.value)
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None


def reach_in(found: Any) -> Reach:
    """Read a reach from its decoded JSON. Raises `InvalidDocument`, and `ValidationFailed` as `Reach` does."""
    if not isinstance(found, dict):
        raise InvalidDocument(f"expected {_SHAPES}, found {strict_json.kind(found)}", pointer="")
    if found == {"all": True} and found["all"] is True:
        return EVERYTHING
    if found.keys() == {"model"} and isinstance(found["model"], str):
        return Reach(model=found["model"])
    if "tags" in found and found.keys() <= _TAGS:
        tags, not_tags = _strings("tags", found["tags"]), _strings("not_tags", found.get("not_tags", []))
        if not tags:
            raise InvalidDocument("expected at least one tag", pointer="/tags")
        return Reach(tags=tags, not_tags=not_tags)
    raise InvalidDocument(f"expected exactly one of {_SHAPES}", pointer="")


def _strings(name: str, found: Any) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise InvalidDocument("expected an array of strings", pointer=f"/{name}")
    return found
