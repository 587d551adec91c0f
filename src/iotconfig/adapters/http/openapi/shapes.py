"""Shapes of bodies, answers and parameters as schemas."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, EnumType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from attrs import NOTHING, AttrsInstance, fields, has

from iotconfig.adapters.http.routing import Shape
from iotconfig.domain.announcing.relay_reports import RelayProblem
from iotconfig.domain.configs.revisions import MAX_MESSAGE
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
    ConfigContent: ref("GivenContent"),
    MergePatch: ref("MergePatch"),
    RelayProblem: ref("AnnouncingProblem"),
}

_ABOUT: Final = {
    "id": "Given once, and never again",
    "mac_address": "The device",
    "device_name": "`deviceName` of the content",
    "device_entity_id": "`deviceEntityId` of the content",
    "enable_ota": "`enableOTA` of the content",
    "revision": "Counts the changes of a MAC address, deletions included; it never goes back",
    "etag": "The validator of the content's bytes, which the device route sends",
    "author": "Who made the change",
    "message": f"Why; at most {MAX_MESSAGE} characters",
    "operation": "What made the revision",
    "content": "The document",
    "config_id": "The config's id",
}


def schema(shape: Shape) -> Part:
    """The schema of a shape; of a class that is a component, a reference to it."""
    if isinstance(shape, str):
        return ref(shape)
    if isinstance(shape, tuple):
        return {"anyOf": [schema(one) for one in shape]}
    if isinstance(shape, Mapping):
        return dict(shape)
    return ref(shape.__name__) if is_component(shape) else dict(_PLAIN[shape])


def is_component(shape: Shape) -> bool:
    """Whether a shape is a class that gets a schema with its name."""
    return has(shape) and shape not in _PLAIN


def schema_of(cls: type[AttrsInstance], *, is_body: bool = False) -> Part:
    """The object that an attrs class describes; a body takes no other members."""
    hints = get_type_hints(cls)
    properties = {}
    required = []
    for attribute in fields(cls):
        properties[attribute.name] = _described(_type(hints[attribute.name]), _ABOUT.get(attribute.name))
        if attribute.default is NOTHING:
            required.append(attribute.name)
    found: Part = {"type": "object", "properties": properties}
    if required:
        found["required"] = required
    if is_body:
        found["additionalProperties"] = False
    return found


def _type(hint: Any) -> Part:
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (argument for argument in get_args(hint) if argument is not type(None))
        known = _type(inner)
        return (
            {**known, "type": [known["type"], "null"]}
            if "type" in known
            else {"anyOf": [known, {"type": "null"}]}
        )
    if get_origin(hint) is Sequence:
        (item,) = get_args(hint)
        return {"type": "array", "items": _type(item)}
    if isinstance(hint, EnumType):
        members: Iterable[Enum] = hint
        return {"type": "string", "enum": [str(member.value) for member in members]}
    return dict(_PLAIN[hint])


def _described(schema: Part, description: str | None) -> Part:
    return {**schema, "description": description} if description else schema
