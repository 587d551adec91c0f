"""Pictures for displays."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.pictures import MAX_SIDE

from .parts import Part, answer, operation, query

TAG: Final = ("Pictures", "Pictures from elsewhere, in the form that LVGL 9 draws.")

_SIDE: Final[Part] = {"type": "integer", "minimum": 1, "maximum": MAX_SIDE}

ROUTES: Final[dict[str, dict[str, Part]]] = {
    "/api/images/lvgl": {
        "get": operation(
            "convertPicture",
            "A picture for a display",
            "Fetched anew each time, shrunk into the box in its shape, never enlarged: LVGL 9 binary, ARGB8888.",
            {
                200: answer(
                    "The picture",
                    {"type": "string", "format": "binary"},
                    media_type="application/octet-stream",
                )
            },
            parameters=[
                {
                    **query(
                        "url", {"type": "string", "format": "uri"}, "Where the picture is, http or https"
                    ),
                    "required": True,
                    "example": "https://example.org/picture.png",
                },
                query(
                    "headers",
                    {"type": "string"},
                    "Names of headers of this request to send along, with commas",
                ),
                query("width", _SIDE, "Pixels that it may be wide"),
                query("height", _SIDE, "Pixels that it may be high"),
            ],
            refusals=["UNPROCESSABLE", "TOO_MANY_REQUESTS", "EXTERNAL_SERVICE_ERROR"],
        ),
    },
}
