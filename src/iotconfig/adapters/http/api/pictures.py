"""`GET /api/images/lvgl`: a picture from elsewhere, in the form that LVGL draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import falcon
from attrs import frozen

from iotconfig.adapters.http.access.forwarding import forwarded
from iotconfig.adapters.http.requests.queries import allow, pixels
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.pictures import Picture, PictureService, TargetSize


@frozen
class LvglResource:
    """Fetches and converts on every request: nothing is kept, here or in caches."""

    pictures: Callable[[], PictureService]
    """Loads what it takes when the first picture is asked for."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        given = allow(req, "url", "headers", "width", "height")
        if "url" not in given:
            raise ValidationFailed("Query parameter url is missing: where is the picture?", parameter="url")
        box = TargetSize(pixels(given, "width"), pixels(given, "height"))
        headers = forwarded(req, given.get("headers", ""))
        picture = self.pictures().picture(given["url"], headers, box)
        resp.content_type = "application/octet-stream"
        resp.set_header("Cache-Control", "no-store")
        if req.method == "HEAD":
            picture.close()
            resp.content_length = len(picture.content)
        else:
            resp.set_stream(_Body(picture), len(picture.content))

    on_head = on_get


@frozen
class _Body:
    """The bytes of an answer. The server closes it, however the answer ends."""

    _picture: Picture

    def __iter__(self) -> Iterator[bytes]:
        yield self._picture.content

    def close(self) -> None:
        self._picture.close()
