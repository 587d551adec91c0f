"""Parameters that several areas take."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.configs.config import MAX_ID
from iotconfig.domain.configs.revisions import MAX_MESSAGE
from iotconfig.domain.paging import MAX_PAGE

from .parts import Part, header, path, query, ref

FLAG: Final[Part] = {"type": "boolean"}

ID: Final = path(
    "segment", {"type": "integer", "minimum": 1, "maximum": MAX_ID}, "The config's id, as answers tell it", 1
)
MAC: Final = path("mac", ref("MacAddress"), "The device, in any spelling", "aa:bb:cc:dd:ee:ff")

IF_MATCH: Final = header(
    "If-Match", 'Only where the config is at this revision: the `ETag` that was read, such as `"3"`', '"3"'
)
IF_NONE_MATCH: Final = header(
    "If-None-Match", "The `ETag` that is known already: 304 where it still is so", '"3"'
)
MESSAGE: Final = query("message", {"type": "string", "maxLength": MAX_MESSAGE}, "Why, for the history")
DRY_RUN: Final = query("dry_run", FLAG, "`true`: say what would change, and store nothing")
KEEP_GOING: Final = query("keep_going", FLAG, "`true`: store what can be stored; otherwise all or nothing")


def limit(default: int) -> Part:
    """How long a page is."""
    return query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": default},
        "How many on the page",
    )


CURSOR: Final = query("cursor", {"type": "string"}, "`next` of the page before")

ID_REFUSALS: Final = ("INVALID_OPERATION", "RECORD_NOT_FOUND", "ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED")
"""What a path with an id may come to."""
CHANGE_REFUSALS: Final = (*ID_REFUSALS, "PRECONDITION_FAILED", "PRECONDITION_REQUIRED", "STORE_FULL")
"""What a change by id may come to."""
