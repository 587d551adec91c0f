"""The routes for many configs at once."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.bulk import NDJSON
from iotconfig.adapters.http.api.bulk.exporting import ExportQuery, ExportResource
from iotconfig.adapters.http.api.bulk.importing import Fleet, Imported, ImportQuery, ImportResource
from iotconfig.adapters.http.api.bulk.patching import Patched, PatchOfMany, PatchQuery, PatchResource
from iotconfig.adapters.http.api.bulk.undoing import Undone, UndoQuery, UndoResource
from iotconfig.adapters.http.requests.message_body import Message
from iotconfig.adapters.http.routing import Answer, Area, Body, Kind, Operation, Parameter, Route, json_body

CHANGE_ID: Final = Parameter(
    "change", "The id of the change", "0123456789abcdef", {"type": "string", "pattern": "^[0-9a-f]{16}$"}
)

_RECORD: Final = {"mac_address": "aa:bb:cc:dd:ee:ff", "content": {"deviceName": "Porch"}}
_LINES: Final = '{"mac_address": "aa:bb:cc:dd:ee:ff", "content": {}}\n{"mac_address": "11:22:33:44:55:66", "content": {}}\n'

AREA: Final = Area(
    "Fleets",
    "Many configs at once: all or nothing by default.",
    (
        Route(
            "/api/configs/import",
            lambda api: ImportResource(
                api.use_cases.bulk,
                api.bodies.max_content_bytes,
                api.max_import_bytes,
                api.slots,
                api.yield_turn,
            ),
            post=Operation(
                "importConfigs",
                "Import configs",
                Access.CHANGE,
                details="Content that is stored already makes no revision and is not announced.",
                query=ImportQuery,
                body=Body(
                    "One record per line, or one JSON object with all records",
                    {
                        NDJSON: Kind(str, {"two devices": _LINES}),
                        falcon.MEDIA_JSON: Kind(Fleet, {"one device": {"configs": [_RECORD]}}),
                    },
                ),
                answers={200: Answer("The outcome of the import", Imported)},
                refuses=("INVALID_OPERATION", "PRECONDITION_FAILED", "UNPROCESSABLE"),
                metric="import",
            ),
        ),
        Route(
            "/api/configs/export",
            lambda api: ExportResource(api.use_cases.bulk, api.slots),
            get=Operation(
                "exportConfigs",
                "Export configs",
                Access.READ,
                details="A consistent snapshot, sorted by MAC address. Importing it elsewhere and exporting it again gives "
                "the same bytes. `GET /api/devices/tags/export` exports tags and notes.",
                query=ExportQuery,
                answers={200: Answer("One record per line", str, ("Content-Disposition",), NDJSON)},
                refuses=("STORE_FULL",),
                metric="export",
            ),
        ),
        Route(
            "/api/configs/patch",
            lambda api: PatchResource(api.use_cases.bulk, api.bodies, api.comparing, api.slots),
            post=Operation(
                "patchConfigs",
                "Patch many configs",
                Access.CHANGE,
                details="Selects the configs that `mac_addresses` and `device_names` name, or all configs if neither is "
                "given; of these, those that meet all of the conditions `match`, `enable_ota`, `tags` and `where`. `all` selects "
                "every config. `expect` is compared with the number of selected configs when they are stored. Safe to repeat: a config that already has the "
                "change is not changed again.",
                query=PatchQuery,
                body=json_body(
                    "The selection, and the merge patch",
                    PatchOfMany,
                    two_devices={
                        "mac_addresses": ["aa:bb:cc:dd:ee:ff", "11:22:33:44:55:66"],
                        "merge": {"display": {"rotation": 90}},
                    },
                    those_with_a_value={
                        "where": {"/mqtt/host": "old.example.com"},
                        "expect": 12,
                        "merge": {"mqtt": {"host": "new.example.com"}},
                    },
                ),
                answers={200: Answer("The outcome for each config", Patched)},
                refuses=("INVALID_OPERATION", "PRECONDITION_FAILED", "UNPROCESSABLE"),
                metric="patch_many",
            ),
        ),
        Route(
            "/api/changes/{change}/undo",
            lambda api: UndoResource(api.use_cases.bulk, api.bodies, api.slots),
            parameters=(CHANGE_ID,),
            post=Operation(
                "undoChange",
                "Undo a change",
                Access.CHANGE,
                details="Restores what each config was before the change: a created config is deleted, a deleted one "
                "restored, a changed one gets its previous content. A deleted config does not return to a board that was "
                "replaced after the deletion. The undo is a change itself, with an id of its own.",
                query=UndoQuery,
                body=Body(
                    "Empty, or the reason",
                    {falcon.MEDIA_JSON: Kind(Message, {"why": {"message": "too bright"}})},
                    required=False,
                ),
                answers={200: Answer("The outcome for each config", Undone)},
                refuses=(
                    "RECORD_NOT_FOUND",
                    "RECORD_EXISTS",
                    "CHANGED_SINCE",
                    "RECORD_GONE",
                    "UNPROCESSABLE",
                    "STORE_FULL",
                ),
                metric="undo",
            ),
        ),
    ),
)
