"""`GET /api/images/lvgl`: a picture from the web, converted for LVGL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.http.access.forwarding import forwarded
from iotconfig.adapters.http.requests.queries import number, parameter, read_query, text
from iotconfig.domain.pictures import MAX_SIDE, Picture, PictureUseCases, TargetSize

_SIDE: Final = number(1, MAX_SIDE)


@frozen
class PictureQuery:
    """The query string of `GET /api/images/lvgl`."""

    url: str = parameter(
        text(format="uri"),
        "The URL of the picture, http or https",
        question="send the URL of the picture.",
        example="https://example.org/picture.png",
    )
    headers: str = parameter(text(), "Names of request headers to forward, separated by commas", "")
    width: int | None = parameter(_SIDE, "Maximum width in pixels")
    height: int | None = parameter(_SIDE, "Maximum height in pixels")


@frozen
class LvglResource:
    """Fetches and converts a picture at every request; nothing is cached."""

    pictures: PictureUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, PictureQuery)
        box = TargetSize(query.width, query.height)
        picture = self.pictures.picture(query.url, forwarded(req, query.headers), box)
        resp.content_type = "application/octet-stream"
        resp.set_header("Cache-Control", "no-store")
        if req.method == "HEAD":
            picture.close()
            resp.content_length = len(picture.content)
        else:
            resp.set_stream(_Body(picture), len(picture.content))


@frozen
class _Body:
    """The bytes of an answer. The server always closes it."""

    _picture: Picture

    def __iter__(self) -> Iterator[bytes]:
        yield self._picture.content

    def close(self) -> None:
        self._picture.close()
