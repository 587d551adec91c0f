"""JSON Merge Patch (RFC 7396) on the text itself: members that the patch does not name keep their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from attrs import define, field, frozen

from .content import MAX_DEPTH
from .json_members import Span, members, spans


@frozen
class MergePatch:
    """A merge patch: members that are null are removed, objects are merged, all else is replaced.

    Build one with `parse`.
    """

    text: str
    _members: dict[str, Span] = field(eq=False, repr=False)
    values: Mapping[str, object] = field(eq=False, repr=False)
    """The decoded values of its members that are no objects or arrays; of those, empty ones."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a patch: the text of one JSON object that follows the rules of content.

        Other JSON values are refused, because as a patch they would replace the whole content.
        Raises `InvalidDocument`, with the place.
        """
        found = members(text, MAX_DEPTH)
        values = {member.name: _plain(member.value) for member in found}
        return cls(text, spans(text), values)

    def merged_into(self, target: str, *, keeps_nulls: bool = False) -> str:
        """Return the text of the object `target` with the patch merged into it.

        New members are appended as the patch writes them. The result may break a rule of
        content: it can be too long, or have a derived field of a wrong type.

        keeps_nulls: whether a null of the patch is stored as a value, and does not remove the member

        The time is proportional to the length of both texts, whatever their depth.
        """
        found = spans(target, like=self._members)
        merge = _Merge(self.text, keeps_nulls)
        return merge.merged(target, 0, len(target), found, self._members)


def _plain(value: object) -> object:
    """The value without what is in it: a patch may be kept for long."""
    return type(value)() if isinstance(value, dict | list) else value


@define
class _Part:
    """One member as it is written. There is a comma between two parts."""

    lead: str
    """The space before the name."""
    key: str
    """The name, the colon, and the space around it."""
    value: str
    trail: str = ""
    """The space behind the value."""


@frozen
class _Merge:
    """The merge of one patch into a text."""

    patch: str
    keeps_nulls: bool

    def merged(
        self, target: str, begin: int, end: int, found: dict[str, Span], changes: dict[str, Span]
    ) -> str:
        """Merge an object into another, `target[begin:end]`; recursion is bounded, since their depths were checked."""
        opening = target.index("{", begin) + 1
        parts = _parts(target, opening, found)
        first_lead = last_trail = ""
        if parts:
            first, last = next(iter(parts.values())), next(reversed(parts.values()))
            first_lead, last_trail, last.trail = first.lead, last.trail, ""
        lead = _lead(parts)
        for name, change in changes.items():
            if not self.keeps_nulls and self.patch.startswith("null", change.value_begin):
                parts.pop(name, None)
                continue
            value = self._value(target, found.get(name), change)
            if name in parts:
                parts[name].value = value
            else:
                parts[name] = _Part(lead, self.patch[change.begin : change.value_begin], value)
        if not found and not parts:
            # It was empty and stays so, with whatever space is in it.
            return target[begin:end]
        # The object's own space, behind its first brace and before its last, stays where it is.
        closing = target.rindex("}", begin, end)
        return (
            target[begin:opening]
            + _joined(list(parts.values()), first_lead, last_trail)
            + target[closing:end]
        )

    def _value(self, target: str, old: Span | None, new: Span) -> str:
        if new.inner is None:
            return self.patch[new.value_begin : new.value_end]
        if old is not None and old.inner is not None:
            return self.merged(target, old.value_begin, old.value_end, old.inner, new.inner)
        # Merged with itself, an object that is new loses its nulls and nothing else.
        return self.merged(self.patch, new.value_begin, new.value_end, new.inner, new.inner)


def _parts(text: str, position: int, found: dict[str, Span]) -> dict[str, _Part]:
    parts: dict[str, _Part] = {}
    for name, member in found.items():
        parts[name] = _Part(
            lead=text[position : member.begin],
            key=text[member.begin : member.value_begin],
            value=text[member.value_begin : member.value_end],
            trail=text[member.value_end : member.mark],
        )
        position = member.mark + 1
    return parts


def _lead(parts: dict[str, _Part]) -> str:
    """The space before a member that is added: as before the last, or as behind its colon where it is the only one."""
    if not parts:
        return ""
    last = next(reversed(parts.values()))
    return " " if len(parts) == 1 and not last.lead and last.key.endswith(" ") else last.lead


def _joined(parts: list[_Part], lead: str, trail: str) -> str:
    if not parts:
        return ""
    parts[0].lead = lead
    parts[-1].trail += trail
    return ",".join(part.lead + part.key + part.value + part.trail for part in parts)
