"""Parameters and refusals that several areas share."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.routing import Parameter
from iotconfig.domain.configs.config import MAX_ID
from iotconfig.domain.mac import MacAddress

ID: Final = Parameter(
    "segment", "The config's id, as answers tell it", 1, {"type": "integer", "minimum": 1, "maximum": MAX_ID}
)
MAC: Final = Parameter("mac", "The device, in any spelling", "aa:bb:cc:dd:ee:ff", MacAddress)

IF_MATCH: Final = Parameter(
    "If-Match", 'Only where the config is at this revision: the `ETag` that was read, such as `"3"`', '"3"'
)
IF_NONE_MATCH: Final = Parameter(
    "If-None-Match", "The `ETag` that is known already: 304 where it still is so", '"3"'
)
CONDITIONS: Final = (IF_MATCH, IF_NONE_MATCH)

ID_REFUSALS: Final = ("INVALID_OPERATION", "RECORD_NOT_FOUND", "ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED")
"""Refusals of every route with an id in its path."""
CHANGE_REFUSALS: Final = (*ID_REFUSALS, "PRECONDITION_FAILED", "PRECONDITION_REQUIRED", "STORE_FULL")
"""Refusals of a change by id."""
