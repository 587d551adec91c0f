"""Parameters and refusals that several areas share."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.routing import Parameter
from iotconfig.domain.configs.config import MAX_ID
from iotconfig.domain.mac import MacAddress

ID: Final = Parameter(
    "segment",
    "The id of the config; or the MAC address of its device, in any spelling that is not digits only",
    1,
    {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_ID},
            {"$ref": "#/components/schemas/MacAddress"},
        ]
    },
)
MAC: Final = Parameter(
    "mac", "The MAC address of the device, in any spelling", "aa:bb:cc:dd:ee:ff", MacAddress
)

IF_MATCH: Final = Parameter(
    "If-Match", 'Proceed only if the current `ETag` is this one, such as `"3"`', '"3"'
)
IF_NONE_MATCH: Final = Parameter(
    "If-None-Match", "An `ETag` that the caller has: a GET answers 304 if it is current", '"3"'
)
CONDITIONS: Final = (IF_MATCH, IF_NONE_MATCH)

ID_REFUSALS: Final = (
    "INVALID_OPERATION",
    "RECORD_NOT_FOUND",
    "RECORD_GONE",
    "ROUTE_NOT_FOUND",
    "METHOD_NOT_ALLOWED",
)
"""Refusals of every route with an id or a MAC address in its path."""
CHANGE_REFUSALS: Final = (*ID_REFUSALS, "PRECONDITION_FAILED", "PRECONDITION_REQUIRED", "STORE_FULL")
"""Refusals of a change by id."""
