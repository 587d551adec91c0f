"""`GET /api/images/lvgl`: a picture from elsewhere, in the form that LVGL draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.http.access.forwarding import forwarded
from iotconfig.adapters.http.requests.queries import number, parameter, read_query, text
from iotconfig.domain.pictures import MAX_SIDE, Picture, PictureService, TargetSize

_SIDE: Final = number(1, MAX_SIDE)


@frozen
class PictureQuery:
    """The query string of `GET /api/images/lvgl`."""

    url: str = parameter(
        text(format="uri"),
        "Where the picture is, http or https",
        question="where is the picture?",
        example="https://example.org/picture.png",
    )
    headers: str = parameter(text(), "Names of headers of this request to send along, with commas", "")
    width: int | None = parameter(_SIDE, "Pixels that it may be wide")
    height: int | None = parameter(_SIDE, "Pixels that it may be high")


@frozen
class LvglResource:
    """Fetches and converts on every request: nothing is kept, here or in caches."""

    pictures: Callable[[], PictureService]
    """Loads what it takes when the first picture is asked for."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, PictureQuery)
        box = TargetSize(query.width, query.height)
        picture = self.pictures().picture(query.url, forwarded(req, query.headers), box)
        resp.content_type = "application/octet-stream"
        resp.set_header("Cache-Control", "no-store")
        if req.method == "HEAD":
            picture.close()
            resp.content_length = len(picture.content)
        else:
            resp.set_stream(_Body(picture), len(picture.content))


@frozen
class _Body:
    """The bytes of an answer. The server closes it, however the answer ends."""

    _picture: Picture

    def __iter__(self) -> Iterator[bytes]:
        yield self._picture.content

    def close(self) -> None:
        self._picture.close()
