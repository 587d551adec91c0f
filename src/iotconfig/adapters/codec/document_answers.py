"""What the API answers about the document of a device, and where its values come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from attrs import frozen

from iotconfig.domain.documents.composition import OWN, Source
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.explanation import Explained, Shadowed
from iotconfig.domain.documents.served import UsedLayer
from iotconfig.domain.layering.explaining import ExplainedDocument
from iotconfig.domain.mac import MacAddress

from .answers import RawJson, answer

_LAYER = "The layer; null for the device's own content"
_REVISION = "The revision of the layer, or of the own content"
_POINTER = "The place, as a JSON Pointer (RFC 6901)"


@answer
@frozen
class DocumentLayer:
    """A layer that a document was composed of."""

    layer: Annotated[str, "The name of the layer"]
    revision: Annotated[int, "Its revision"]

    @classmethod
    def of(cls, used: UsedLayer) -> Self:
        """The answer about this layer."""
        return cls(used.name, used.revision)


@answer
@frozen
class ShadowedValue:
    """What a lower source writes at a place where a higher one decides."""

    pointer: Annotated[str, _POINTER]
    value: Annotated[RawJson, "As it is written; null where it removes"]
    layer: Annotated[str | None, _LAYER]
    revision: Annotated[int, _REVISION]

    @classmethod
    def of(cls, shadowed: Shadowed) -> Self:
        """The answer about this value."""
        return cls(shadowed.pointer, RawJson(shadowed.value), *_named(shadowed.source))


@answer
@frozen
class ExplainedMember:
    """A value of a document, and where it comes from."""

    pointer: Annotated[str, _POINTER]
    value: Annotated[RawJson, "As it is written; null where a member is removed"]
    layer: Annotated[str | None, _LAYER]
    revision: Annotated[int, _REVISION]
    shadows: Annotated[Sequence[ShadowedValue], "What lower sources write there, the highest first"]

    @classmethod
    def of(cls, explained: Explained) -> Self:
        """The answer about this value."""
        shadows = [ShadowedValue.of(each) for each in explained.shadows]
        return cls(explained.pointer, RawJson(explained.value), *_named(explained.source), shadows)


@answer
@frozen
class DeviceDocument:
    """What a device is, or was, served, and what it was composed of."""

    mac_address: MacAddress
    number: Annotated[int, "The document number"]
    etag: Annotated[str, "The validator of the document"]
    is_served: Annotated[
        bool, "False shortly after an edit of layers that reaches many devices: it is what is served next"
    ]
    revision: Annotated[int, "The revision of the own content"]
    layers: Annotated[Sequence[DocumentLayer], "The layers that reach the device, the lowest first"]
    document: ConfigContent
    members: Annotated[
        Sequence[ExplainedMember] | None, "With `explain`: the values, in the order of the document"
    ] = None
    removals: Annotated[
        Sequence[ExplainedMember] | None, "With `explain`: the members that a null removes"
    ] = None

    @classmethod
    def of(cls, found: ExplainedDocument, *, explain: bool) -> Self:
        """The answer about this document."""
        return cls(
            mac_address=found.mac_address,
            number=found.number,
            etag=found.etag,
            is_served=found.is_served,
            revision=found.revision,
            layers=[DocumentLayer.of(used) for used in found.layers],
            document=found.content,
            members=[ExplainedMember.of(each) for each in found.members()] if explain else None,
            removals=[ExplainedMember.of(each) for each in found.removals()] if explain else None,
        )


def _named(source: Source) -> tuple[str | None, int]:
    return None if source.name == OWN else source.name, source.revision
