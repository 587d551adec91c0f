"""The route of devices."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.documents import DocumentResource
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .shared import IF_MATCH, IF_NONE_MATCH, MAC

AREA: Final = Area(
    "Devices",
    "The route of devices: one URL per device, by its MAC address.",
    (
        Route(
            "/api/configs/{mac}.json",
            lambda api: DocumentResource(api.use_cases.documents),
            parameters=(MAC,),
            # A segment with this suffix is a MAC address for every method.
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            get=Operation(
                "fetchDocument",
                "A device's document",
                Access.DEVICE,
                details="The bytes of the document, exactly as written. Send the `ETag` back in `If-None-Match` to get 304 "
                "without a body while the document is unchanged. Query parameters are ignored.",
                headers=(IF_NONE_MATCH, IF_MATCH),
                answers={
                    200: Answer("The document", ConfigContent, ("ETag",)),
                    304: Answer("Not modified: the `ETag` is current", None, ("ETag",)),
                },
                refuses=(
                    "INVALID_OPERATION",
                    "RECORD_NOT_FOUND",
                    "ROUTE_NOT_FOUND",
                    "RECORD_GONE",
                    "PRECONDITION_FAILED",
                ),
                metric="fetch",
            ),
        ),
    ),
)
