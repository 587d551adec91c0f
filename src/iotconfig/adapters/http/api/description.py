"""The description of the API, as OpenAPI and as a page; built at the first request, then kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from importlib.resources import files
from typing import Final

import falcon

from iotconfig.adapters.http.requests.conditional import is_unchanged

PAGE: Final = "/api/docs"
"""The path of the description as a page."""

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class StaticResource:
    """Text that changes with the version of the service only."""

    def __init__(self, media_type: str, make: Callable[[], str]) -> None:
        self._media_type = media_type
        self._make = make

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        body, etag = self._made
        resp.set_header("ETag", etag)
        # Clients ask each time; the body is sent only if another version runs.
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("Content-Security-Policy", _POLICY)
        if is_unchanged(req, etag):
            resp.status = falcon.HTTP_304
        else:
            resp.content_type = self._media_type
            resp.data = body

    @cached_property
    def _made(self) -> tuple[bytes, str]:
        body = self._make().encode()
        return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def style() -> str:
    """The style sheet of the page."""
    return (files(__package__) / "style.css").read_text()
