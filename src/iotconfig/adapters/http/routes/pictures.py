"""The route of pictures for displays."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.pictures import LvglResource, PictureQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route

AREA: Final = Area(
    "Pictures",
    "Pictures from the web, converted for LVGL 9.",
    (
        Route(
            "/api/images/lvgl",
            lambda api: LvglResource(api.use_cases.pictures),
            get=Operation(
                "convertPicture",
                "Convert a picture",
                Access.READ,
                details="Fetches the picture at each request and shrinks it to fit the given size, keeping its aspect ratio; it is never enlarged. The result is LVGL 9 binary, ARGB8888.",
                query=PictureQuery,
                answers={200: Answer("The picture", bytes, media_type="application/octet-stream")},
                refuses=("UNPROCESSABLE", "TOO_MANY_REQUESTS", "EXTERNAL_SERVICE_ERROR"),
                calls_out=True,
            ),
        ),
    ),
)
