"""Shapes of bodies, answers and parameters as schemas."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, EnumType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from attrs import NOTHING, AttrsInstance, fields, has

from iotconfig.adapters.http.members import As
from iotconfig.adapters.http.routing import Shape
from iotconfig.domain.announcing.relay_reports import RelayProblem
from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.configs.revisions import MAX_MESSAGE, Revision, RevisionSummary
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.mac import MacAddress

Part = dict[str, Any]
"""A part of the description."""


def ref(name: str) -> Part:
    """A reference to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


_PLAIN: Final[Mapping[object, Part]] = {
    bytes: {"type": "string", "format": "binary"},
    dict: {"type": "object", "additionalProperties": True},
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    MacAddress: ref("MacAddress"),
    AssetName: {"type": "string"},
    ConfigContent: ref("GivenContent"),
    MergePatch: ref("MergePatch"),
    RelayProblem: ref("AnnouncingProblem"),
}

_ABOUT: Final = {
    "id": "The config's id; it is never reused",
    "mac_address": "The device",
    "device_name": "`deviceName` of the content",
    "device_entity_id": "`deviceEntityId` of the content",
    "enable_ota": "`enableOTA` of the content",
    "revision": "The number of changes of the MAC address, deletions included; it never decreases",
    "etag": "The `ETag` of the content, as the device route sends it",
    "author": "The author of the change",
    "message": f"The reason for the change; at most {MAX_MESSAGE} characters",
    "operation": "The kind of change",
    "content": "The content, exactly as written",
    "config_id": "The config's id",
    "unified_diff": "The same difference as text, one member per line",
    "sha256": "SHA-256 digest in hexadecimal",
    "size": "Bytes",
}


_JSON_PATCH: Final[Part] = {
    "type": "array",
    "items": ref("JsonPatchOperation"),
    "description": "RFC 6902: operations that turn the earlier content into the later",
}
_TYPES: Final[Mapping[object, Part]] = {
    list[dict[str, Any]]: _JSON_PATCH,
    dict[str, object]: {"type": "object", "additionalProperties": True},
}
_NAMES: Final[Mapping[type, str]] = {
    DeliveryHealth: "Delivery",
    Revision: "RevisionWithContent",
    RevisionSummary: "Revision",
}
"""Names of components that are not those of their classes."""


def schema(shape: Shape) -> Part:
    """The schema of a shape; of a class that is a component, a reference to it."""
    if isinstance(shape, str):
        return ref(shape)
    if isinstance(shape, tuple):
        return {"anyOf": [schema(one) for one in shape]}
    if isinstance(shape, Mapping):
        return dict(shape)
    return ref(name_of(shape)) if is_component(shape) else dict(_PLAIN[shape])


def is_component(shape: Shape) -> bool:
    """Whether a shape is a class that gets a schema with its name."""
    return has(shape) and shape not in _PLAIN


def name_of(cls: type) -> str:
    """The name of the schema of a class."""
    return _NAMES.get(cls, cls.__name__)


def classes_in(cls: type[AttrsInstance]) -> Iterator[type[AttrsInstance]]:
    """The classes of the members of a class that are components."""
    for hint in get_type_hints(cls).values():
        yield from filter(is_component, (hint, *get_args(hint)))


def schema_of(cls: type[AttrsInstance], *, is_body: bool = False) -> Part:
    """The object that an attrs class describes; a body takes no other members."""
    hints = get_type_hints(cls, include_extras=True)
    properties = {}
    required = []
    for attribute in fields(cls):
        name = attribute.name.removesuffix("_")
        about = _ABOUT.get(name) if _is_bare(hints[attribute.name]) else None
        hint = hints[attribute.name]
        # An answer leaves out what is None by default.
        is_left_out = attribute.default is None and not is_body
        properties[name] = _described(_type(_without_none(hint) if is_left_out else hint), about)
        if attribute.default is NOTHING:
            required.append(name)
    found: Part = {"type": "object", "properties": properties}
    if required:
        found["required"] = required
    if is_body:
        found["additionalProperties"] = False
    return found


def _is_bare(hint: Any) -> bool:
    """Whether the type of a member has no description."""
    return get_origin(hint) is not Annotated


def _type(hint: Any) -> Part:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(*arguments)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        known = _type(inner)
        return (
            {**known, "type": [known["type"], "null"]}
            if "type" in known
            else {"anyOf": [known, {"type": "null"}]}
        )
    if origin is Sequence:
        return {"type": "array", "items": _type(arguments[0])}
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if isinstance(hint, EnumType):
        members: Iterable[Enum] = hint
        return {"type": "string", "enum": [str(member.value) for member in members]}
    return dict(_TYPES[hint]) if hint in _TYPES else schema(hint)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return Annotated[(_without_none(inner), *notes)]
    (inner,) = (argument for argument in get_args(hint) if argument is not type(None))
    return inner


def _annotated(hint: Any, *notes: object) -> Part:
    found = _type(hint) if not any(isinstance(note, As) for note in notes) else {}
    for note in notes:
        if isinstance(note, As):
            found = schema(note.schema)
        elif isinstance(note, str):
            found = _described(found, note)
    return found


def _described(schema: Part, description: str | None) -> Part:
    return {**schema, "description": description} if description else schema
