"""Schemas of bodies and answers: those of the classes in the rows, and of the values in them."""

from __future__ import annotations

from typing import Final

from attrs import fields

from iotconfig.adapters.http.problem_codes import STATUS
from iotconfig.adapters.http.problems import Problem
from iotconfig.adapters.http.routing import RouteTable, Shape
from iotconfig.domain.layers.reach import MAX_REACH_TAGS
from iotconfig.domain.models.budget import PRESETS, Budget
from iotconfig.domain.names import NAME_PATTERN
from iotconfig.domain.tags import TAG_PATTERN

from .shapes import ANSWERS, BODIES, Part, SchemaWriter, components_in, components_of, name_of, ref

_ANYTHING: Final[Part] = {"type": "object", "additionalProperties": True}
"""Any JSON object. Stated explicitly, because client generators treat an object schema without members as empty."""
_TAGS: Final[Part] = {
    "type": "array",
    "items": {"type": "string", "pattern": f"^{TAG_PATTERN}$"},
    "maxItems": MAX_REACH_TAGS,
}


def _members(properties: Part, required: list[str]) -> Part:
    """The schema of an object with these members only."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_SCHEMAS: Final[Part] = {
    "MacAddress": {
        "type": "string",
        "description": "An EUI-48 MAC address. Answers use the canonical spelling; input may use colons, dashes, dots or no separators, in any case",
        "pattern": "^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5}"
        "|[0-9A-Fa-f]{4}(\\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12})$",
        "examples": ["aa:bb:cc:dd:ee:ff"],
    },
    "Content": {
        "type": "object",
        "description": "The content of a config: any JSON object, stored exactly as written",
        "properties": {
            "deviceName": {"type": ["string", "null"], "maxLength": 255},
            "deviceEntityId": {"type": ["string", "null"], "maxLength": 255},
            "enableOTA": {"type": ["boolean", "null"]},
        },
        "additionalProperties": True,
        "examples": [{"deviceName": "Porch", "enableOTA": True, "display": {"rotation": 90}}],
    },
    "GivenContent": {
        "description": "The content as an object, or as a string that contains its text. Either way the text is stored as written",
        "oneOf": [ref("Content"), {"type": "string", "contentMediaType": "application/json"}],
    },
    "MergePatch": {
        **_ANYTHING,
        "description": "RFC 7396: members to set, and members to remove (null). Everything else keeps its bytes",
        "examples": [{"display": {"rotation": 180}, "legacy": None}],
    },
    "Reach": {
        "description": "The devices that a layer reaches: all, those of a model, or those with all of `tags` and none of `not_tags`",
        "oneOf": [
            _members({"all": {"const": True}}, ["all"]),
            _members({"model": {"type": "string", "pattern": f"^{NAME_PATTERN}$"}}, ["model"]),
            _members({"tags": {**_TAGS, "minItems": 1}, "not_tags": _TAGS}, ["tags"]),
        ],
        "examples": [{"tags": ["floor-3"], "not_tags": ["spare"]}],
    },
    "JsonSchema": {
        "type": ["object", "boolean"],
        "additionalProperties": True,
        "description": "A JSON Schema, draft 2020-12, of at most 64 KiB, which refers into itself only",
        "examples": [{"type": "object", "properties": {"brightness": {"type": "integer", "maximum": 100}}}],
    },
    "Budget": {
        "type": "object",
        "properties": {
            "preset": {"type": "string", "enum": [*PRESETS]},
            **{limit.name: {"type": ["integer", "null"]} for limit in fields(Budget)},
        },
        "additionalProperties": False,
        "description": "Limits of a document, of which each may be left out; a preset sets `bytes`",
        "examples": [{"preset": "nvs-string", "depth": 6}],
    },
    "MemberValues": {
        **_ANYTHING,
        "description": "Values of members: each name is a JSON Pointer (RFC 6901). Values are compared as by the operation "
        "`test` of RFC 6902",
        "examples": [{"/mqtt/host": "old.example.com", "/relays/0/pin": 4}],
    },
    "Code": {"type": "string", "description": "The stable code of a problem", "enum": list(STATUS)},
}  # fmt: skip


def schemas_of(table: RouteTable) -> Part:
    """The schemas by name: those of values, and those of the classes that the rows name."""
    found = dict(_SCHEMAS)
    _add(found, Problem)
    for route in table:
        for operation in route.operations.values():
            for kind in operation.body.kinds.values() if operation.body is not None else ():
                _add(found, kind.shape, BODIES)
            for answer in operation.answers.values():
                _add(found, answer.shape)
    return found


def _add(found: Part, shape: Shape, writer: SchemaWriter = ANSWERS) -> None:
    for cls in components_in(shape):
        if name_of(cls) not in found:
            found[name_of(cls)] = writer.component(cls)
            for member in components_of(cls):
                _add(found, member, writer)


HEADERS: Final[Part] = {
    name: {"description": description, "schema": {"type": "string"}}
    for name, description in {
        "X-Request-ID": "The id of the request: the caller's if it is well-formed, otherwise a new one",
        "ETag": "The validator of the representation, for `If-None-Match` and `If-Match`",
        "Config-Report-Error": "Why the report in `Config-Report` was not kept",
        "Location": "The path of the new record, or the redirect target",
        "Iotconfig-Change": "The id of the change, in an answer without a body",
        "Iotconfig-Recomposition": "The id of the change, where a job serves the documents that follow from it: "
        "`GET /api/recompositions/{change}` tells how far it is",
        "Set-Cookie": "Cookies of the sign-in or the session",
        "Accept-Ranges": "`bytes`: range requests are supported",
        "Content-Range": "The range of the bytes, and the full size",
        "Content-Digest": "SHA-256 of the bytes (RFC 9530)",
        "Repr-Digest": "SHA-256 of all bytes of the asset (RFC 9530)",
        "Retry-After": "Seconds to wait before the next attempt",
        "Allow": "The methods of the route",
        "Accept-Patch": "The media type of patches",
        "Content-Disposition": "The file name for downloads",
        "WWW-Authenticate": "How to send credentials",
    }.items()
}
