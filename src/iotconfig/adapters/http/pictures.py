"""`GET /api/images/lvgl`: a picture from elsewhere, in the form that LVGL draws."""

from __future__ import annotations

from collections.abc import Callable

import falcon
from attrs import frozen

from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.pictures import Box, PictureService

from .forwarding import forwarded
from .parameters import allow, pixels


@frozen
class LvglResource:
    """Fetches and converts on every request: nothing is kept, here or in caches."""

    pictures: Callable[[], PictureService]
    """Loads what it takes when the first picture is asked for."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        given = allow(req, "url", "headers", "width", "height")
        if "url" not in given:
            raise ValidationFailed("Query parameter url is missing: where is the picture?", parameter="url")
        box = Box(pixels(given, "width"), pixels(given, "height"))
        headers = forwarded(req, given.get("headers", ""))
        resp.data = self.pictures().picture(given["url"], headers, box)
        resp.content_type = "application/octet-stream"
        resp.set_header("Cache-Control", "no-store")

    on_head = on_get
