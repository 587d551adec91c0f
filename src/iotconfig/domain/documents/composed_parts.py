"""The parts of a composed document: each with its text, and the source that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from attrs import define, field

from .json_members import Span

MIXED: Final = -1
"""The origin of an object whose members come from several sources, or from one that has further members."""


class Written(NamedTuple):
    """Where a source writes an object, and how many members it writes there, nulls included."""

    size: int
    begin: int
    """Position of the quote before its name."""
    value_begin: int
    value_end: int


class Part(NamedTuple):
    """A member of a composed document, or the whole of it."""

    text: str
    """Its name, the colon and its value, in the composed document's spelling; of the whole, the document."""
    origin: int
    """The index of the source that all of it comes from, or `MIXED`."""
    inner: dict[str, Part] | None
    """The members of the object that it is; None for other values, and for objects that nothing was merged into."""
    writers: Mapping[int, Written]
    """The sources that write members of this object, the lowest first."""


_NOBODY: Final[Mapping[int, Written]] = MappingProxyType({})


@define
class Merge:
    """One source, merged into the parts that were composed of those below it."""

    texts: Sequence[str]
    """The texts of all sources; the last one is merged."""
    keeps_nulls: bool
    """Whether null is a value in it, and does not remove."""
    unused: list[tuple[str, ...]] = field(factory=list)
    """The paths of its nulls that remove nothing."""

    def into(self, below: Part | None, found: dict[str, Span]) -> Part:
        """Return the whole with the source merged into it; `found` are the source's members."""
        length = len(self.texts[-1])
        return self._merged(below, Span(0, 0, length, length, found), found, ())

    def _merged(self, below: Part | None, here: Span, found: dict[str, Span], path: tuple[str, ...]) -> Part:
        """Merge one object; recursion is bounded, since the depths of all sources were checked."""
        parts: dict[str, Part] = {}
        writers: dict[int, Written] = {}
        if below is not None and below.inner is not None:
            # Parts are shared by all documents that are composed of them, so they are never changed.
            parts, writers = below.inner.copy(), dict(below.writers)
        source, text = len(self.texts) - 1, self.texts[-1]
        for name, span in found.items():
            if span.inner is not None:
                parts[name] = self._merged(parts.get(name), span, span.inner, (*path, name))
            elif not self.keeps_nulls and text.startswith("null", span.value_begin):
                if parts.pop(name, None) is None:
                    self.unused.append((*path, name))
            else:
                parts[name] = Part(text[span.begin : span.value_end], source, None, _NOBODY)
        writers[source] = Written(len(found), here.begin, here.value_begin, here.value_end)
        origin = _origin(parts, writers)
        if origin != MIXED:
            written = writers[origin]
            spelled = self.texts[origin][written.begin : written.value_end]
        else:
            name_and_colon = text[here.begin : here.value_begin]
            spelled = f"{name_and_colon}{{{','.join([part.text for part in parts.values()])}}}"
        return Part(spelled, origin, parts, writers)


def _origin(parts: dict[str, Part], writers: dict[int, Written]) -> int:
    """Return the source of which all parts come, and all of whose members are among them."""
    if not parts:
        empty = (source for source, written in reversed(writers.items()) if written.size == 0)
        return next(empty, MIXED)
    origin = next(iter(parts.values())).origin
    if origin == MIXED or writers[origin].size != len(parts):
        return MIXED
    return origin if all(part.origin == origin for part in parts.values()) else MIXED
