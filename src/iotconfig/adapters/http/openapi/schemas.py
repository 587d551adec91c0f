"""The shapes of bodies and answers. What a class of the code says is read from the class."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.problems import STATUS
from iotconfig.adapters.http.routing import RouteTable
from iotconfig.domain.access.principal import Role
from iotconfig.domain.announcing.relay_reports import RelayProblemCode
from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.configs.bulk import Tally
from iotconfig.domain.configs.config import ConfigSummary
from iotconfig.domain.configs.revisions import DeletedConfig, RevisionSummary

from .shapes import Part, is_component, ref, schema_of


def _object(properties: Part, *optional: str) -> Part:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(name: str, items: Part, cursor: str, **more: Part) -> Part:
    """One page of a list."""
    return _object(
        {
            name: {"type": "array", "items": items},
            **more,
            "next": {"type": ["string", "null"], "description": cursor},
        },
        *more,
    )


_ANYTHING: Final[Part] = {"type": "object", "additionalProperties": True}
"""Any JSON object. Said in so many words: generators of clients take an object without members for an empty one."""
_NEXT: Final = "`cursor` of the next page; null on the last"
_DIFF: Final[Part] = {
    "json_patch": {
        "type": "array",
        "items": ref("JsonPatchOperation"),
        "description": "RFC 6902: turns the first document into the second",
    },
    "unified_diff": {"type": "string", "description": "The same for people, one member a line"},
}
_SUMMARY: Final = schema_of(ConfigSummary)
_REVISION: Final = schema_of(RevisionSummary)
_COUNTS: Final = schema_of(Tally)["properties"]
_DELIVERY: Final = schema_of(DeliveryHealth)
_REFUSALS: Final[Part] = {
    "dry_run": {"type": "boolean"},
    **_COUNTS,
    "errors": {
        "type": "array",
        "description": "The first thousand refusals",
        "items": _object(
            {
                "place": {"type": "string", "description": "The record's line, or its device"},
                "error": {"type": "string"},
                "code": ref("Code"),
                "details": _ANYTHING,
            }
        ),
    },
    "errors_left_out": {"type": "integer", "description": "How many more there were"},
}

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
    "ConfigSummary": _SUMMARY,
    "Config": {
        **_SUMMARY,
        "properties": {**_SUMMARY["properties"], "content": ref("Content")},
        "required": [*_SUMMARY["required"], "content"],
    },
    "Configs": _list(
        "configs", ref("ConfigSummary"), _NEXT, count={"type": "integer", "description": "Matches on all pages"}
    ),
    "Preview": _object(
        {
            "dry_run": {"const": True},
            "changed": {"type": "boolean"},
            "id": {"type": "integer"},
            "mac_address": ref("MacAddress"),
            "revision": {"type": "integer", "description": "The current revision"},
            "etag": {"type": "string", "description": "What the content's would be"},
            **_DIFF,
        }
    ),
    "Revision": _REVISION,
    "RevisionWithContent": {
        **_REVISION,
        "properties": {
            **_REVISION["properties"],
            "content": {"anyOf": [ref("Content"), {"type": "null"}], "description": "Null for a deletion"},
        },
        "required": [*_REVISION["required"], "content"],
    },
    "Revisions": _list("revisions", ref("Revision"), _NEXT),
    "Comparison": _object(
        {
            "from": {
                "anyOf": [ref("Revision"), {"type": "null"}],
                "description": "Null before the config was created",
            },
            "to": ref("Revision"),
            **_DIFF,
        }
    ),
    "DeletedConfig": schema_of(DeletedConfig),
    "DeletedConfigs": _list("configs", ref("DeletedConfig"), _NEXT),
    "Imported": _object(_REFUSALS),
    "Patched": _object(
        {
            "results": {
                "type": "array",
                "items": _object(
                    {
                        "mac_address": ref("MacAddress"),
                        "id": {"type": ["integer", "null"]},
                        "outcome": {"type": "string"},
                        "revision": {"type": ["integer", "null"]},
                    }
                ),
            },
            **_REFUSALS,
            "samples": {"type": "array", "items": ref("Sample"), "description": "Of a dry run: some differences"},
        },
        "samples",
    ),
    "Sample": _object(
        {
            "mac_address": ref("MacAddress"),
            "id": {"type": "integer"},
            "revision": {"type": "integer", "description": "The current revision"},
            **_DIFF,
        }
    ),
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
    "Asset": _object(
        {
            "name": {"type": "string"},
            "size": {"type": "integer", "description": "Bytes"},
            "sha256": {"type": "string", "description": "The digest, in hexadecimal digits"},
            "stored_at": {"type": "string", "format": "date-time"},
        }
    ),
    "Assets": _object({"assets": {"type": "array", "items": ref("Asset")}, "count": {"type": "integer"}}),
    "Upload": _object(
        {
            "file": {"type": "string", "format": "binary", "description": "Its file name is the asset's name"},
            "timestamp": {"type": "string", "description": "ISO 8601, or Unix seconds"},
            "signature": {"type": "string", "description": "RSA PKCS#1 v1.5 with SHA-256, in base64"},
        }
    ),
    "Principal": _object(
        {
            "subject": {"type": "string", "description": "The author of what they change"},
            "email": {"type": ["string", "null"]},
            "name": {"type": ["string", "null"]},
            "roles": {"type": "array", "items": {"type": "string", "enum": sorted(Role)}},
        }
    ),
    "Delivery": {
        **_DELIVERY,
        "required": [name for name in _DELIVERY["required"] if name not in ("more", "problems")],
    },
    "AnnouncingProblem": _object(
        {
            "code": {"type": "string", "enum": list(RelayProblemCode)},
            "message": {"type": "string", "description": "What is wrong, and what to do"},
        }
    ),
    "Healthy": _object(
        {
            "status": {"const": "healthy"},
            "database": {"const": "connected"},
            "notifications": ref("Delivery"),
            "log": ref("DatabaseLog"),
        },
        "log",
    ),
    "DatabaseLog": _object(
        {
            "bytes": {"type": "integer", "description": "The size of the -wal file beside a SQLite database"},
            "problem": {"type": ["string", "null"], "description": "What is wrong with it, and what to do"},
        }
    ),
    "Unhealthy": _object(
        {
            "status": {"const": "unhealthy"},
            "database": {"enum": ["disconnected", "read-only"]},
            "error": {"type": "string"},
        }
    ),
    "Alive": _object({"status": {"const": "alive"}}),
    "Ready": _object({"status": {"const": "ready"}}),
    "Unready": _object({"status": {"const": "unready"}, "error": {"type": "string"}}),
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
    for route in table:
        for operation in route.operations.values():
            kinds = operation.body.kinds.values() if operation.body is not None else ()
            for shape in (kind.shape for kind in kinds):
                if is_component(shape):
                    found.setdefault(shape.__name__, schema_of(shape, is_body=True))
            for shape in (answer.shape for answer in operation.answers.values()):
                if is_component(shape):
                    found.setdefault(shape.__name__, schema_of(shape))
    return found


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
