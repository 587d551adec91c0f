"""JSON Merge Patch (RFC 7396) on the text itself: what a patch does not touch keeps its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from attrs import evolve, frozen

from .content import MAX_DEPTH
from .json_members import Member, members


@frozen
class MergePatch:
    """A merge patch: members that are null are removed, objects are merged, all else is replaced.

    Build one with `parse`.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a patch: the text of one JSON object, held to the rules of content.

        A patch of another kind would replace a whole config by what is no
        object. Raises `InvalidDocument`, with the place.
        """
        members(text, MAX_DEPTH)
        return cls(text)

    def merged_into(self, target: str) -> str:
        """The text of the object `target`, patched.

        New members come last, as the patch writes them. The text may break a
        rule of content: it can be too long, or a derived field of a wrong kind.
        """
        return _merged(target, self.text)


@frozen
class _Part:
    """One member as it is written. Between two parts is a comma."""

    lead: str
    """The space before the name."""
    key: str
    """The name, the colon, and the space around it."""
    value: str
    trail: str = ""
    """The space behind the value."""


def _merged(target: str, patch: str) -> str:
    """Merge one object into another; recursion is bounded, since their depths were checked."""
    found = members(target, MAX_DEPTH)
    parts = _parts(target, found)
    first_lead = parts[found[0].name].lead if found else ""
    last_trail = parts[found[-1].name].trail if found else ""
    if found:
        parts[found[-1].name] = evolve(parts[found[-1].name], trail="")
    lead = _lead(list(parts.values()))
    # An object that is new is merged with itself, and read once.
    for member in found if patch is target else members(patch, MAX_DEPTH):
        if member.value is None:
            parts.pop(member.name, None)
        elif member.name in parts:
            part = parts[member.name]
            parts[member.name] = evolve(part, value=_merged_value(part.value, member))
        else:
            key = patch[member.begin : member.value_begin]
            parts[member.name] = _Part(lead, key, _merged_value("", member))
    if not found and not parts:
        # It was empty and stays so, with whatever space is in it.
        return target
    # The object's own space, behind its first brace and before its last, stays where it is.
    return (
        target[: target.index("{") + 1]
        + _joined(list(parts.values()), first_lead, last_trail)
        + target[target.rindex("}") :]
    )


def _merged_value(value: str, member: Member) -> str:
    if not isinstance(member.value, dict) or (not value.startswith("{") and "null" not in member.text):
        return member.text
    # Merged with itself, an object that is new loses its nulls and nothing else.
    return _merged(value if value.startswith("{") else member.text, member.text)


def _parts(text: str, found: Sequence[Member]) -> dict[str, _Part]:
    parts: dict[str, _Part] = {}
    position = text.index("{") + 1
    for member in found:
        parts[member.name] = _Part(
            lead=text[position : member.begin],
            key=text[member.begin : member.value_begin],
            value=member.text,
            trail=text[member.value_end : member.mark],
        )
        position = member.mark + 1
    return parts


def _lead(parts: Sequence[_Part]) -> str:
    """The space before a member that is added: as before the last, or as behind its colon where it is the only one."""
    if not parts:
        return ""
    if len(parts) == 1 and not parts[0].lead and parts[0].key.endswith(" "):
        return " "
    return parts[-1].lead


def _joined(parts: list[_Part], lead: str, trail: str) -> str:
    if not parts:
        return ""
    parts[0] = evolve(parts[0], lead=lead)
    parts[-1] = evolve(parts[-1], trail=parts[-1].trail + trail)
    return ",".join(part.lead + part.key + part.value + part.trail for part in parts)
