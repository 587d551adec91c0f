"""Composition: the document that layers and a device's own content make together.

The value is that of JSON Merge Patch (RFC 7396): beginning with the lowest source, each is merged into what those
below it make. Arrays are replaced. A null removes the member, at any depth, except in a source that keeps nulls.

The bytes follow rule 1 (`COMPOSITION_RULE`). Where all members of an object come from one source, and that source has
no further member there, the object is written as it stands in that source; this holds for the whole document, too. Any
other object is written with one comma and no space between its members. Its members stand in the order of their first
appearance, from the lowest source; one that was removed and comes back stands last. Name, colon and value are
those of the highest source that writes the member.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final, Self

from attrs import evolve, field, frozen

from iotconfig.domain.errors import ContentTooLarge

from .composed_parts import MIXED, Merge, Part
from .content import DEFAULT_MAX_BYTES, ConfigContent, etag_of, is_larger
from .json_members import Span, spans
from .pointer import pointer

COMPOSITION_RULE: Final = 1
"""The version of the rule that decides the bytes of composed documents."""

OWN: Final = "own content"
"""The name of a device's own content among the sources. No layer can have it: it has a space."""

_LARGEST: Final = 3
_WITHOUT_MEMBERS: Final = ConfigContent.parse("{}")


@frozen
class Source:
    """One of the documents that a document is composed of: a layer, or a device's own content."""

    name: str
    """The name of the layer, or `OWN`."""
    content: ConfigContent
    keeps_nulls: bool = False
    """Whether null is a value in it, as in the layer that reaches all devices, and does not remove."""
    revision: int = 0
    """The revision of the layer or of the own content. It does not affect the document."""


@frozen
class UnusedRemoval:
    """A warning: a null removes nothing, because no source below has the member."""

    source: Source
    pointer: str
    """The place of the null, as a JSON Pointer."""


@frozen
class Composed:
    """What a device is served, and what is odd about it."""

    content: ConfigContent
    """The document. It follows all rules of content, since its sources do."""
    warnings: tuple[UnusedRemoval, ...] = ()
    """The nulls that remove nothing, those of the lowest source first."""


@frozen(eq=False)
class Folded:
    """Layers that were composed once, for the own content of many devices. `Folded()` is of none.

    It is immutable. Keep few of them: the memory of one is several times that of its sources' texts.
    """

    sources: tuple[Source, ...] = ()
    """The layers, the lowest first."""
    max_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of documents, in bytes of UTF-8."""
    warnings: tuple[UnusedRemoval, ...] = ()
    """The nulls that remove nothing, in the order of the sources."""
    whole: Part | None = field(default=None, repr=False)
    """The document with the origins of its parts; None without sources."""

    @classmethod
    def of(cls, layers: Iterable[Source], max_bytes: int = DEFAULT_MAX_BYTES) -> Self:
        """Compose layers, the lowest first.

        This takes processor time in proportion to the length of all texts: for the largest layers, seconds.
        Raises `ContentTooLarge` as `plus` does.
        """
        folded = cls(max_bytes=max_bytes)
        for layer in layers:
            folded = folded.plus(layer)
        return folded

    def plus(self, source: Source) -> Self:
        """Compose a further source, above all others.

        Raises `ContentTooLarge`, which names the sources, where the document is larger than the limit. This holds for
        what the lower sources make without the higher ones, too: so the time and the memory are bounded.
        """
        whole, warnings = self._merged(source, spans(source.content.text))
        return evolve(self, sources=(*self.sources, source), warnings=warnings, whole=whole)

    def under(self, own: ConfigContent | None) -> Composed:
        """Compose the document of a device with this own content, or without one.

        Without layers, it is the own content as it stands, nulls included.
        Raises `ContentTooLarge` as `plus` does, and `ValueError` where there is neither a layer nor own content.
        """
        if own is None:
            return self._alone
        if self.whole is None:
            return Composed(own)
        source = Source(OWN, own)
        # Only objects that are merged need a look inside, unless there are nulls to remove.
        like = None if "null" in own.text else self.whole.inner
        whole, warnings = self._merged(source, spans(own.text, like=like))
        return Composed(_content((*self.sources, source), whole), warnings)

    @cached_property
    def _alone(self) -> Composed:
        """The document of a device without own content."""
        if self.whole is None:
            raise ValueError("Neither a layer nor own content was given, so there is no document.")
        return Composed(_content(self.sources, self.whole), self.warnings)

    def _merged(self, source: Source, found: dict[str, Span]) -> tuple[Part, tuple[UnusedRemoval, ...]]:
        sources = (*self.sources, source)
        merge = Merge([each.content.text for each in sources], source.keeps_nulls)
        whole = merge.into(self.whole, found)
        if is_larger(whole.text, self.max_bytes):
            raise _too_large(sources, self.max_bytes)
        unused = (UnusedRemoval(source, pointer(path)) for path in merge.unused)
        return whole, (*self.warnings, *unused)


def compose(
    layers: Iterable[Source], own: ConfigContent | None = None, max_bytes: int = DEFAULT_MAX_BYTES
) -> Composed:
    """Compose the document of one device.

    layers: those that reach it, the lowest first
    own: its own content; None where it has none
    max_bytes: the size limit of the document, in bytes of UTF-8

    Raises what `Folded.under` does.
    """
    return Folded.of(layers, max_bytes).under(own)


def _content(sources: tuple[Source, ...], whole: Part) -> ConfigContent:
    """The document as content. Nothing is decoded again: a part that is no object follows the rules of its source."""
    if whole.origin != MIXED:
        return sources[whole.origin].content

    def origin(member: str) -> ConfigContent:
        part = (whole.inner or {}).get(member)
        return _WITHOUT_MEMBERS if part is None else sources[part.origin].content

    return ConfigContent(
        text=whole.text,
        etag=etag_of(whole.text.encode()),
        device_name=origin("deviceName").device_name,
        device_entity_id=origin("deviceEntityId").device_entity_id,
        enable_ota=origin("enableOTA").enable_ota,
    )


def _too_large(sources: tuple[Source, ...], max_bytes: int) -> ContentTooLarge:
    sizes = {source.name: len(source.content.text.encode()) for source in sources}
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)[:_LARGEST]
    named = ", ".join(f"{name} ({sizes[name]:,} bytes)" for name in largest)
    return ContentTooLarge(
        f"The document composed of {len(sources)} sources is larger than {max_bytes} bytes. "
        f"{'The largest are' if len(sources) > _LARGEST else 'They are'} {named}: make one of them smaller.",
        max_bytes=max_bytes,
        sources=[{"name": name, "bytes": size} for name, size in sizes.items()],
    )
