"""The shapes of bodies and answers. What a class of the code says is read from the class."""

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
"""Any JSON object. Said in so many words: generators of clients take an object without members for an empty one."""
_SUMMARY: Final = schema_of(ConfigSummary)
_REVISION: Final = schema_of(RevisionSummary)
_IMPORTED: Final = schema_of(Imported)
_SCHEMAS: Final[Part] = {
    "MacAddress": {
        "type": "string",
        "description": "An EUI-48. Answers have it in its canonical spelling; given are also dashes, dots, none, and any case",
        "pattern": "^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5}"
        "|[0-9A-Fa-f]{4}(\\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12})$",
        "examples": ["aa:bb:cc:dd:ee:ff"],
    },
    "Content": {
        "type": "object",
        "description": "The document of one device: any JSON object, kept exactly as it was written",
        "properties": {
            "deviceName": {"type": ["string", "null"], "maxLength": 255},
            "deviceEntityId": {"type": ["string", "null"], "maxLength": 255},
            "enableOTA": {"type": ["boolean", "null"]},
        },
        "additionalProperties": True,
        "examples": [{"deviceName": "Porch", "enableOTA": True, "display": {"rotation": 90}}],
    },
    "GivenContent": {
        "description": "The document, or a string that holds its text. Either way the text is kept as it was written",
        "oneOf": [ref("Content"), {"type": "string", "contentMediaType": "application/json"}],
    },
    "MergePatch": {
        **_ANYTHING,
        "description": "RFC 7396: members to set, and to remove (null). What it does not touch keeps its bytes",
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
            "content": {"anyOf": [ref("Content"), {"type": "null"}], "description": "Null for a deletion"},
        },
        "required": [*_REVISION["required"], "content"],
    },
    "Patched": {
        **_IMPORTED,
        "properties": {
            "results": {"type": "array", "items": ref("PatchedConfig")},
            **_IMPORTED["properties"],
            "samples": {"type": "array", "items": ref("Sample"), "description": "Of a dry run: some differences"},
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
            "file": {"type": "string", "format": "binary", "description": "Its file name is the asset's name"},
            "timestamp": {"type": "string", "description": "ISO 8601, or Unix seconds"},
            "signature": {"type": "string", "description": "RSA PKCS#1 v1.5 with SHA-256, in base64"},
        }
    ),
    "AnnouncingProblem": _object(
        {
            "code": {"type": "string", "enum": list(RelayProblemCode)},
            "message": {"type": "string", "description": "What is wrong, and what to do"},
        }
    ),
    "Code": {"type": "string", "description": "The stable name of a refusal", "enum": list(STATUS)},
    "Problem": _object(
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "error": {"type": "string", "description": "One sentence that names the place, the rule and the way out"},
            "code": ref("Code"),
            "details": {**_ANYTHING, "description": "The facts behind the sentence, for programs"},
            "correlationId": {"type": "string", "description": "`X-Request-ID`; the service's log has it"},
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
        "X-Request-ID": "The caller's, where it is well-formed, else a new one",
        "ETag": "The validator of the answer, for `If-None-Match` and `If-Match`",
        "Location": "The path of what was made, or where to go on",
        "Set-Cookie": "What the browser is to keep",
        "Accept-Ranges": "`bytes`: parts can be asked for",
        "Content-Range": "Which bytes these are, and of how many",
        "Content-Digest": "SHA-256 of the bytes (RFC 9530)",
        "Repr-Digest": "SHA-256 of all bytes of the asset (RFC 9530)",
        "Retry-After": "Seconds after which to ask again",
        "Allow": "The methods that there are",
        "Accept-Patch": "The kind of patch that is taken",
        "Content-Disposition": "The name of the file",
        "WWW-Authenticate": "How to say who one is",
    }.items()
}
