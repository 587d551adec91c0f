"""Where the values of a composed document come from, and what they hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import field, frozen

from .composed_parts import MIXED, Part
from .composition import OWN, Folded, Source
from .content import DEFAULT_MAX_BYTES, ConfigContent
from .json_members import Span, spans
from .pointer import path_of, pointer

_Path = tuple[str, ...]


@frozen
class Shadowed:
    """What a source writes at a place where a higher source decides."""

    pointer: str
    """The place, as a JSON Pointer (RFC 6901). It is above that of the value where this source has no object that the
    value could be in."""
    value: str
    """The text as the source writes it; `null` where it removes the member."""
    source: Source


@frozen
class Explained:
    """A value of a composed document, or a removal, and the source that decides it."""

    pointer: str
    """The place, as a JSON Pointer (RFC 6901)."""
    value: str
    """The text as it is written: of a value that is no object, or of an object without members. `null` for a removal."""
    source: Source
    """The highest source that writes it."""
    shadows: tuple[Shadowed, ...]
    """What lower sources write there, the highest first."""


class Explanation:
    """A composed document with the source of each value.

    Elements of arrays have no lines of their own, since an array is replaced as a whole.
    """

    def __init__(
        self,
        layers: Sequence[Source],
        own: ConfigContent | None = None,
        own_revision: int = 0,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        """Compose the document.

        layers: those that reach the device, the lowest first
        own: its own content; None where it has none
        own_revision: the revision of its own content
        max_bytes: the size limit of the document, in bytes of UTF-8

        Raises what `composition.compose` does.
        """
        sources = list(layers)
        if own is not None:
            # Nothing is below the only source, so its nulls are values.
            sources.append(Source(OWN, own, keeps_nulls=not layers, revision=own_revision))
        folded = Folded.of(sources, max_bytes)
        if folded.whole is None:
            raise ValueError("Neither a layer nor own content was given, so there is no document.")
        self.content = folded.under(None).content
        """The composed document."""
        self.warnings = folded.warnings
        """The nulls that remove nothing."""
        self._whole = folded.whole
        found = [(index, spans(source.content.text)) for index, source in enumerate(sources)]
        self._top = _Place(tuple(sources), (), tuple(reversed(found)))
        self._unused = {(warning.source.name, warning.pointer) for warning in folded.warnings}

    def members(self, at: str = "") -> Iterator[Explained]:
        """Explain the values at a JSON Pointer and below it, in the order of the document; by default all.

        They are made one after the other, because they can be long and many. The pointer of an element of an array
        gives the array.
        Raises `ValidationFailed` where `at` is no JSON Pointer.
        """
        wanted = path_of(at) if at else ()
        return _members(self._whole, self._top, wanted)

    def removals(self, at: str = "") -> Iterator[Explained]:
        """Explain the members at a JSON Pointer and below it that objects of the document lack because of a null.

        Raises `ValidationFailed` where `at` is no JSON Pointer.
        """
        wanted = path_of(at) if at else ()
        return _removals(self._whole, self._top, wanted, self._unused)


@frozen
class _Place:
    """A place in a composed document, and what the sources write there."""

    sources: tuple[Source, ...]
    path: _Path
    objects: tuple[tuple[int, dict[str, Span]], ...]
    """The members of the objects that sources write here, the highest source first."""
    hidden: tuple[tuple[int, Shadowed], ...] = field(default=())
    """What sources write in place of an object, here or above."""

    def written(self, name: str, *, below: int) -> tuple[Shadowed, ...]:
        """What lower sources write for a member, and in place of the objects above it, the highest first."""
        place = pointer((*self.path, name))
        found = [each for each in self.hidden if each[0] < below]
        found += [
            (index, Shadowed(place, self.text(index, members[name]), self.sources[index]))
            for index, members in self.objects
            if index < below and name in members
        ]
        found.sort(key=lambda each: each[0], reverse=True)
        return tuple(shadowed for _, shadowed in found)

    def text(self, index: int, span: Span) -> str:
        """The value that a source writes."""
        return self.sources[index].content.text[span.value_begin : span.value_end]

    def inside(self, name: str) -> _Place:
        """The place of a member that is an object."""
        path = (*self.path, name)
        objects, hidden = [], list(self.hidden)
        for index, members in self.objects:
            span = members.get(name)
            if span is not None and span.inner is not None:
                objects.append((index, span.inner))
            elif span is not None:
                hidden.append((index, Shadowed(pointer(path), self.text(index, span), self.sources[index])))
        return _Place(self.sources, path, tuple(objects), tuple(hidden))


def _members(whole: Part, place: _Place, wanted: _Path) -> Iterator[Explained]:
    """The values in an object; recursion is bounded, since the depths of all sources were checked."""
    parts = whole.inner or {}
    objects = dict(place.objects)
    # An object that comes from one source has that source's order.
    for name in parts if whole.origin == MIXED else objects[whole.origin]:
        if wanted and wanted[0] != name:
            continue
        part = parts[name]
        if part.inner:
            yield from _members(part, place.inside(name), wanted[1:])
            continue
        index = part.origin if part.origin != MIXED else max(part.writers)
        value = "{}" if part.origin == MIXED else place.text(index, objects[index][name])
        if not wanted[1:] or value.startswith("["):
            shadows = place.written(name, below=index)
            yield Explained(pointer((*place.path, name)), value, place.sources[index], shadows)


def _removals(whole: Part, place: _Place, wanted: _Path, unused: set[tuple[str, str]]) -> Iterator[Explained]:
    """The removed members of an object and of those in it; recursion is bounded, as above."""
    parts = whole.inner or {}
    for name, index in _removers(whole, place, unused).items():
        if wanted in {(), (name,)}:
            shadows = place.written(name, below=index)
            yield Explained(pointer((*place.path, name)), "null", place.sources[index], shadows)
    for name, part in parts.items():
        if part.inner is not None and (not wanted or wanted[0] == name):
            yield from _removals(part, place.inside(name), wanted[1:], unused)


def _removers(whole: Part, place: _Place, unused: set[tuple[str, str]]) -> Mapping[str, int]:
    """The highest source that removes each of the members that an object does not have."""
    found: dict[str, int] = {}
    for index, members in reversed(place.objects):
        if index not in whole.writers or place.sources[index].keeps_nulls:
            continue
        for name, span in members.items():
            if name in (whole.inner or {}) or place.text(index, span) != "null":
                continue
            if (place.sources[index].name, pointer((*place.path, name))) not in unused:
                found[name] = index
    return found
