"""What devices ask for."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import DOCUMENT

from .parts import Part, answer, operation, ref
from .shared import IF_MATCH, IF_NONE_MATCH, MAC

TAG: Final = ("Devices", "One URL for a device, which knows its own MAC address.")

ROUTES: Final[dict[str, dict[str, Part]]] = {
    DOCUMENT: {
        "get": operation(
            "fetchDocument",
            "A device's document",
            "The document's bytes and nothing else, exactly as they were written. Send the `ETag` back in "
            "`If-None-Match` to get 304 without a body while nothing has changed. Query parameters are ignored.",
            {
                200: answer("The document", ref("Content"), "ETag"),
                304: answer("Not modified: it still has that `ETag`", None, "ETag"),
            },
            parameters=[MAC, IF_NONE_MATCH, IF_MATCH],
            refusals=[
                "INVALID_OPERATION",
                "RECORD_NOT_FOUND",
                "ROUTE_NOT_FOUND",
                "RECORD_GONE",
                "PRECONDITION_FAILED",
            ],
        ),
    },
}
