"""Schemas of bodies and answers: those of the classes in the rows, and a few that no class describes."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.api.bulk import Imported, PatchedConfig, Sample
from iotconfig.adapters.http.problems import STATUS
from iotconfig.adapters.http.routing import RouteTable, Shape
from iotconfig.domain.announcing.relay_reports import RelayProblemCode
from iotconfig.domain.configs.config import ConfigSummary
from iotconfig.domain.configs.revisions import RevisionSummary

from .shapes import Part, classes_in, is_component, name_of, ref, schema_of


def _object(properties: Part, *optional: str) -> Part:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


_ANYTHING: Final[Part] = {"type": "object", "additionalProperties": True}
"""Any JSON object. Stated explicitly, because client generators treat an object schema without members as empty."""
_SUMMARY: Final = schema_of(ConfigSummary)
_REVISION: Final = schema_of(RevisionSummary)
_IMPORTED: Final = schema_of(Imported)
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
    "Config": {
        **_SUMMARY,
        "properties": {**_SUMMARY["properties"], "content": ref("Content")},
        "required": [*_SUMMARY["required"], "content"],
    },
    "RevisionWithContent": {
        **_REVISION,
        "properties": {
            **_REVISION["properties"],
            "content": {"anyOf": [ref("Content"), {"type": "null"}], "description": "Null if the revision is a deletion"},
        },
        "required": [*_REVISION["required"], "content"],
    },
    "Patched": {
        **_IMPORTED,
        "properties": {
            "results": {"type": "array", "items": ref("PatchedConfig")},
            **_IMPORTED["properties"],
            "samples": {"type": "array", "items": ref("Sample"), "description": "Some of the differences; only in a dry run"},
        },
        "required": ["results", *_IMPORTED["required"]],
    },
    "JsonPatchOperation": _object(
        {
            "op": {"type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string", "description": "A JSON Pointer"},
            "from": {"type": "string", "description": "A JSON Pointer; in `move` and `copy` only"},
            "value": {"description": "Any JSON value; in `add`, `replace` and `test` only"},
        },
        "from",
        "value",
    ),
    "Fleet": _object({"configs": {"type": "array", "items": ref("Record")}}),
    "Record": _object({"mac_address": ref("MacAddress"), "content": ref("GivenContent")}),
    "Upload": _object(
        {
            "file": {"type": "string", "format": "binary", "description": "The file name of this part is the name of the asset"},
            "timestamp": {"type": "string", "description": "ISO 8601, or Unix seconds"},
            "signature": {"type": "string", "description": "RSA PKCS#1 v1.5 with SHA-256, in base64"},
        }
    ),
    "AnnouncingProblem": _object(
        {
            "code": {"type": "string", "enum": list(RelayProblemCode)},
            "message": {"type": "string", "description": "The problem, and how to solve it"},
        }
    ),
    "Code": {"type": "string", "description": "The stable code of a problem", "enum": list(STATUS)},
    "Problem": _object(
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "error": {"type": "string", "description": "One sentence: the place, the rule and how to proceed"},
            "code": ref("Code"),
            "details": {**_ANYTHING, "description": "The same facts for programs"},
            "correlationId": {"type": "string", "description": "The `X-Request-ID` of the answer; the log of the service contains it"},
        }
    ),
}  # fmt: skip


def schemas_of(table: RouteTable) -> Part:
    """The schemas by name: those that are written here, and those of the classes that the rows name."""
    found = dict(_SCHEMAS)
    for cls in (PatchedConfig, Sample):
        _add(found, cls)
    for route in table:
        for operation in route.operations.values():
            kinds = operation.body.kinds.values() if operation.body is not None else ()
            for kind in kinds:
                _add(found, kind.shape, is_body=True)
            for answer in operation.answers.values():
                for shape in answer.shape if isinstance(answer.shape, tuple) else (answer.shape,):
                    _add(found, shape)
    return found


def _add(found: Part, shape: Shape, *, is_body: bool = False) -> None:
    if is_component(shape) and name_of(shape) not in found:
        found[name_of(shape)] = schema_of(shape, is_body=is_body)
        for cls in classes_in(shape):
            _add(found, cls)


HEADERS: Final[Part] = {
    name: {"description": description, "schema": {"type": "string"}}
    for name, description in {
        "X-Request-ID": "The id of the request: the caller's if it is well-formed, otherwise a new one",
        "ETag": "The validator of the representation, for `If-None-Match` and `If-Match`",
        "Location": "The path of the new record, or the redirect target",
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
