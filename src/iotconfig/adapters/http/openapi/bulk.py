"""Many configs at once."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.adapters.http.api.bulk import NDJSON
from iotconfig.domain.configs.bulk import OnConflict

from .parts import Part, answer, bodies, body, operation, query, ref
from .shared import DRY_RUN, KEEP_GOING, MESSAGE

TAG: Final = ("Fleets", "Many configs at once: all or nothing, unless asked otherwise.")

_RECORD: Final = {"mac_address": "aa:bb:cc:dd:ee:ff", "content": {"deviceName": "Porch"}}

ROUTES: Final[dict[str, dict[str, Part]]] = {
    "/api/configs/import": {
        "post": operation(
            "importConfigs",
            "Store many configs",
            "What is the same already makes no revision, and nobody is told of it.",
            {200: answer("What became of the records", ref("Imported"))},
            parameters=[
                query(
                    "on_conflict",
                    {"type": "string", "enum": [str(word) for word in OnConflict], "default": "fail"},
                    "What to do with a device that has a config with other content",
                ),
                KEEP_GOING,
                DRY_RUN,
                MESSAGE,
            ],
            request=bodies(
                "One record a line, or one document",
                {
                    NDJSON: (
                        {"type": "string"},
                        {"two devices": '{"mac_address": "aa:bb:cc:dd:ee:ff", "content": {}}\n'
                                        '{"mac_address": "11:22:33:44:55:66", "content": {}}\n'},
                    ),
                    falcon.MEDIA_JSON: (ref("Fleet"), {"one device": {"configs": [_RECORD]}}),
                },
                required=True,
            ),
            refusals=["INVALID_OPERATION", "UNPROCESSABLE"],
        ),
    },
    "/api/configs/export": {
        "get": operation(
            "exportConfigs",
            "All configs",
            "As they are at one moment, sorted by MAC address. Importing that elsewhere, and exporting it again, "
            "gives the same bytes.",
            {200: answer("One record a line", {"type": "string"}, "Content-Disposition", media_type=NDJSON)},
            refusals=["STORE_FULL"],
        ),
    },
    "/api/configs/patch": {
        "post": operation(
            "patchConfigs",
            "Change members of many configs' documents",
            "To repeat it is safe: what has the change already is not changed again.",
            {200: answer("What became of each device", ref("Patched"))},
            parameters=[KEEP_GOING, DRY_RUN, MESSAGE],
            request=body(
                ref("PatchOfMany"),
                "Which configs, and the merge patch",
                {"the kitchens": {"match": "kitchen", "merge": {"display": {"rotation": 90}}}},
            ),
        ),
    },
}  # fmt: skip
