"""The routes of tags and notes."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.bulk import NDJSON
from iotconfig.adapters.http.api.bulk.exporting import ExportQuery
from iotconfig.adapters.http.api.bulk.patching import PatchedConfig, PatchQuery
from iotconfig.adapters.http.api.configs import CHANGE
from iotconfig.adapters.http.api.tag_files import (
    MOST_RECORDS,
    ExportTagsResource,
    ImportTagsResource,
    TagsImported,
)
from iotconfig.adapters.http.api.tags import (
    NewNote,
    NoteResource,
    Tagged,
    TagManyResource,
    TagResource,
    Tags,
    TagsOfMany,
    TagsResource,
)
from iotconfig.adapters.http.requests.queries import ChangeQuery, EditQuery, NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Body, Kind, Operation, Parameter, Route, json_body
from iotconfig.domain.configs.labels import TAG_PATTERN
from iotconfig.domain.mac import MacAddress

from .shared import MAC

_TAG: Final = Parameter("tag", "The tag", "kitchen", {"type": "string", "pattern": f"^{TAG_PATTERN}$"})
_RECORDS: Final = (
    '{"mac_address": "aa:bb:cc:dd:ee:ff", "tags": ["kitchen"], "note": "Behind the door"}\n'
    '{"mac_address": "11:22:33:44:55:66", "tags": []}\n'
)
_STORED: Final = {204: Answer("Stored; the header is missing where nothing changed", None, (CHANGE,))}
_TRIED_OR_STORED: Final = {200: Answer("In a dry run: what would change", PatchedConfig), **_STORED}
_REFUSALS: Final = ("INVALID_OPERATION", "RECORD_NOT_FOUND", "RECORD_GONE", "UNPROCESSABLE", "STORE_FULL")

AREA: Final = Area(
    "Tags",
    "Tags and a note of each device. They belong to its config, make no revision and are not announced.",
    (
        Route(
            "/api/tags",
            lambda api: TagsResource(api.use_cases.tags),
            get=Operation(
                "listTags",
                "List all tags",
                Access.READ,
                details="Sorted, each with the number of devices that have it.",
                query=NoQuery,
                answers={200: Answer("All tags", Tags)},
            ),
        ),
        Route(
            "/api/devices/tags",
            lambda api: TagManyResource(api.use_cases.tags, api.bodies, api.slots),
            post=Operation(
                "tagDevices",
                "Change tags and notes of many devices",
                Access.CHANGE,
                details="Selects as `POST /api/configs/patch` does, and stores all or nothing. Safe to repeat: what is "
                "stored already is not changed again. `undo` of the change restores tags and notes.",
                query=PatchQuery,
                body=json_body(
                    "The selection, and the change",
                    TagsOfMany,
                    two_devices={
                        "mac_addresses": ["aa:bb:cc:dd:ee:ff", "11:22:33:44:55:66"],
                        "add": ["kitchen"],
                        "remove": ["old"],
                    },
                    those_with_a_tag={"tags": ["floor-3", "!spare"], "expect": 12, "note": "moved in May"},
                ),
                answers={200: Answer("The outcome for each device", Tagged)},
                refuses=("INVALID_OPERATION", "PRECONDITION_FAILED", "UNPROCESSABLE", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/devices/tags/export",
            lambda api: ExportTagsResource(api.use_cases.tags, api.slots),
            get=Operation(
                "exportTags",
                "Export tags and notes",
                Access.READ,
                details="One record for each device that has tags or a note, sorted by MAC address: the side file of "
                "`GET /api/configs/export`. `POST /api/devices/tags/import` reads it.",
                query=ExportQuery,
                answers={200: Answer("One record per line", str, ("Content-Disposition",), NDJSON)},
                refuses=("STORE_FULL",),
            ),
        ),
        Route(
            "/api/devices/tags/import",
            lambda api: ImportTagsResource(
                api.use_cases.tags, api.max_import_bytes, api.slots, api.yield_turn
            ),
            post=Operation(
                "importTags",
                "Import tags and notes",
                Access.CHANGE,
                details="`tags` replaces all tags of a device, `note` its note; null or an empty text removes the note. A member "
                "that a record lacks, and a device without a record, stay as they are. All or nothing by default; at most "
                f"{MOST_RECORDS:,} records. Import the configs first.",
                query=PatchQuery,
                body=Body("One record per line", {NDJSON: Kind(str, {"two devices": _RECORDS})}),
                answers={200: Answer("The outcome of the import", TagsImported)},
                refuses=("INVALID_OPERATION", "UNPROCESSABLE", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/devices/{mac}/tags/{tag}",
            lambda api: TagResource(api.use_cases.tags),
            parameters=(MAC, _TAG),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            put=Operation(
                "addTag",
                "Add a tag to a device",
                Access.CHANGE,
                query=EditQuery,
                answers=_TRIED_OR_STORED,
                refuses=_REFUSALS,
            ),
            delete=Operation(
                "removeTag",
                "Remove a tag from a device",
                Access.CHANGE,
                query=EditQuery,
                answers=_TRIED_OR_STORED,
                refuses=_REFUSALS,
            ),
        ),
        Route(
            "/api/devices/{mac}/note",
            lambda api: NoteResource(api.use_cases.tags, api.bodies),
            parameters=(MAC,),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            put=Operation(
                "setNote",
                "Set the note on a device",
                Access.CHANGE,
                query=ChangeQuery,
                body=json_body("The note", NewNote, moved={"note": "Behind the door"}),
                answers=_STORED,
                refuses=_REFUSALS,
            ),
            delete=Operation(
                "removeNote",
                "Remove the note on a device",
                Access.CHANGE,
                query=ChangeQuery,
                answers=_STORED,
                refuses=_REFUSALS,
            ),
        ),
    ),
)
