"""Shapes of bodies, answers and parameters as schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, EnumType
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from attrs import NOTHING, AttrsInstance, fields, frozen, has

from iotconfig.adapters.codec import RawJson, answer_class, leaves_out_none, written_name
from iotconfig.adapters.codec.answers import SchemaText
from iotconfig.adapters.codec.layer_answers import LayerAnswer, LayerRevisionAnswer, LayerRevisionSummary
from iotconfig.adapters.codec.model_members import Failing, FoundFailure, Limits
from iotconfig.adapters.codec.recomposition_answers import RecompositionAnswer
from iotconfig.adapters.http.members import As
from iotconfig.domain.announcing.relay_reports import RelayProblem
from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.configs.revisions import MAX_MESSAGE, Revision, RevisionSummary
from iotconfig.domain.devices.new_boards import NewBoard
from iotconfig.domain.devices.subscriber_reports import SubscriberHealth
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.budget import Budget

Part = dict[str, Any]
"""A part of the description."""


def ref(name: str) -> Part:
    """A reference to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


_ANY_OBJECT: Final[Part] = {"type": "object", "additionalProperties": True}
_PLAIN: Final[Mapping[object, Part]] = {
    bytes: {"type": "string", "format": "binary"},
    dict: _ANY_OBJECT,
    Mapping: _ANY_OBJECT,
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Any: {},
    RawJson: {},
    datetime: {"type": "string", "format": "date-time"},
    MacAddress: ref("MacAddress"),
    AssetName: {"type": "string"},
    ConfigContent: ref("Content"),
    MergePatch: ref("MergePatch"),
    SchemaText: ref("JsonSchema"),
    Budget: ref("Budget"),
    Reach: ref("Reach"),
    Sequence[MemberValue]: ref("MemberValues"),
}

_OPERATION: Final = "The kind of change; never `tag`, `note`, `model` or `serve`, which make no revision"

DESCRIPTIONS: Final = {
    "id": "The config's id; it is never reused",
    "mac_address": "The device",
    "device_name": "`deviceName` of the content",
    "device_entity_id": "`deviceEntityId` of the content",
    "enable_ota": "`enableOTA` of the content",
    "tags": "The tags of the device, sorted",
    "note": "The note on the device; null without one",
    "revision": "The number of changes of the MAC address, deletions included; it never decreases",
    "etag": "The `ETag` of the content, as the device route sends it",
    "author": "The author of the change",
    "message": f"The reason for the change; at most {MAX_MESSAGE} characters",
    "operation": "The kind of change",
    "content": "The content, exactly as written",
    "config_id": "The config's id",
    "json_patch": "RFC 6902: operations that turn the earlier content into the later",
    "unified_diff": "The same difference as text, one member per line",
    "sha256": "SHA-256 digest in hexadecimal",
    "size": "Bytes",
    "DocumentDifference.before": "The `ETag` of the document as it was",
    "DocumentDifference.after": "The `ETag` afterwards",
    "NewBoard.source": "The address from which it asked last; empty if unknown",
    "NewBoard.network": "What counts as one source: the IPv4 address, or the /64 network of the IPv6 address",
    "NewBoard.first_seen": "The time when it asked first",
    "NewBoard.last_seen": "The time when it asked last, accurate to a minute",
    "NoteDifference.before": "Null: there was none",
    "NoteDifference.after": "Null: there is none",
    "RelayProblem.message": "The problem, and how to solve it",
    "SubscriberHealth.since": "When the connection to the broker began, or ended; null if there was none since the subscriber "
    "started, or no subscriber is known",
    "SubscriberHealth.last_message_at": "When a message of a device was recorded last, accurate to 10 s; null if none was "
    "since the subscriber started",
    "SubscriberHealth.problem": "What is wrong, and how to solve it; null without a problem",
    "TagDifference.added": "Sorted",
    "TagDifference.removed": "Sorted",
    "Revision.operation": _OPERATION,
    "RevisionSummary.operation": _OPERATION,
    "Revision.content": "Null if the revision is a deletion",
}
"""Descriptions of members of domain classes, by name, or by class and name where one name has several meanings."""


_NAMES: Final[Mapping[type, str]] = {
    Failing: "FailingDevice",
    FoundFailure: "DocumentFailure",
    Limits: "ModelBudget",
    DeliveryHealth: "Delivery",
    LayerAnswer: "Layer",
    LayerRevisionAnswer: "LayerRevisionWithContent",
    LayerRevisionSummary: "LayerRevision",
    NewBoard: "NewDevice",
    RecompositionAnswer: "Recomposition",
    RelayProblem: "AnnouncingProblem",
    Revision: "RevisionWithContent",
    RevisionSummary: "Revision",
    SubscriberHealth: "Subscriber",
}
"""Names of components that are not those of their classes."""


def is_component(shape: object) -> bool:
    """Whether a shape is a class that gets a schema with its name."""
    return isinstance(shape, type) and (has(shape) or is_typeddict(shape)) and shape not in _PLAIN


def name_of(cls: type) -> str:
    """The name of the schema of a class."""
    return _NAMES.get(cls, cls.__name__)


def components_in(shape: object) -> Iterator[type]:
    """The component that a shape is, or those that it is composed of."""
    if is_component(shape):
        yield cast("type", shape)
    elif (parts := get_args(shape)) and shape not in _PLAIN:
        for part in parts:
            yield from components_in(part)


def components_of(cls: type) -> Iterator[type]:
    """The components of the members of a component."""
    for hint in get_type_hints(answer_class(cls)).values():
        yield from components_in(hint)


def _keys(cls: Any) -> Iterator[tuple[str, Any, bool]]:
    """The members of a typed dictionary: name, type, and whether it is required."""
    for name, hint in get_type_hints(cls, include_extras=True).items():
        yield name, hint, name in cls.__required_keys__


@frozen
class SchemaWriter:
    """Writes schemas from classes: of answers, or of bodies."""

    _is_body: bool
    """A body takes no other members, and content also as its text."""

    def schema(self, shape: Any) -> Part:
        """The schema of a type; of a component, a reference to it. Raises `TypeError` for a type without a schema."""
        if is_component(shape):
            return ref(name_of(shape))
        if self._is_body and shape is ConfigContent:
            return ref("GivenContent")
        if shape in _PLAIN:
            return dict(_PLAIN[shape])
        if isinstance(shape, EnumType):
            members: Iterable[Enum] = shape
            return {"type": "string", "enum": [str(member.value) for member in members]}
        found = self._composed(get_origin(shape), get_args(shape))
        if found is None:
            raise TypeError(f"No schema describes {shape!r}")
        return found

    def component(self, cls: type) -> Part:
        """The schema of a component: an object with the members of the class."""
        members = list(_keys(cls) if is_typeddict(cls) else self._attributes(answer_class(cls)))
        found: Part = {
            "type": "object",
            "properties": {
                name: self._described(
                    hint, DESCRIPTIONS.get(f"{cls.__name__}.{name}", DESCRIPTIONS.get(name))
                )
                for name, hint, _ in members
            },
        }
        if required := [name for name, _, is_required in members if is_required]:
            found["required"] = required
        if self._is_body:
            found["additionalProperties"] = False
        return found

    def _attributes(self, cls: type[AttrsInstance]) -> Iterator[tuple[str, Any, bool]]:
        """The members of an attrs class: name, type, and whether it is required."""
        hints = get_type_hints(cls, include_extras=True)
        for attribute in fields(cls):
            hint = hints[attribute.name]
            is_left_out = attribute.default is None and not self._is_body and leaves_out_none(cls)
            yield (
                written_name(attribute),
                _without_none(hint) if is_left_out else hint,
                attribute.default is NOTHING,
            )

    def _described(self, hint: Any, about: str | None) -> Part:
        """The schema of a member; `about` describes it if its type does not."""
        part = self.schema(hint)
        return {**part, "description": about} if about and get_origin(hint) is not Annotated else part

    def _composed(self, origin: Any, arguments: tuple[Any, ...]) -> Part | None:
        if origin is Annotated:
            return self._annotated(*arguments)
        if origin in (Union, UnionType):
            return self._union(arguments)
        if origin in (list, Sequence, tuple):
            return {"type": "array", "items": self.schema(arguments[0])}
        if origin is Literal:
            # Literals of several values are words.
            return (
                {"const": arguments[0]}
                if len(arguments) == 1
                else {"type": "string", "enum": list(arguments)}
            )
        if origin is NotRequired:
            return self.schema(arguments[0])
        return _PLAIN.get(origin)

    def _union(self, alternatives: tuple[Any, ...]) -> Part:
        parts = [self.schema(each) for each in alternatives if each is not NoneType]
        known = parts[0] if len(parts) == 1 else {"anyOf": parts}
        if NoneType not in alternatives:
            return known
        if "type" in known:
            return {**known, "type": [known["type"], "null"]}
        return {"anyOf": [known, {"type": "null"}]}

    def _annotated(self, hint: Any, *notes: object) -> Part:
        found = {} if any(isinstance(note, As) for note in notes) else self.schema(hint)
        for note in notes:
            if isinstance(note, As):
                found = ref(note.schema) if isinstance(note.schema, str) else dict(note.schema)
            elif isinstance(note, str):
                found = {**found, "description": note}
        return found


def _without_none(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return Annotated[(_without_none(inner), *notes)]
    (inner,) = (argument for argument in get_args(hint) if argument is not NoneType)
    return inner


ANSWERS: Final = SchemaWriter(is_body=False)
BODIES: Final = SchemaWriter(is_body=True)
