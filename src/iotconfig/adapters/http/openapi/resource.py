"""`/api/openapi.json`, also beside the page, and `/api/docs`: made at the first request, and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cached_property
from importlib.resources import files
from typing import Any

import falcon

from iotconfig.adapters.http.requests.conditional import is_unchanged

from .document import document
from .page import page

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class StaticResource:
    """Text that is the same until another version runs."""

    def __init__(self, media_type: str, make: Callable[[], str]) -> None:
        self._media_type = media_type
        self._make = make

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        body, etag = self._made
        resp.set_header("ETag", etag)
        # Asked for each time, and sent only where another version runs.
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("Content-Security-Policy", _POLICY)
        if is_unchanged(req, etag):
            resp.status = falcon.HTTP_304
        else:
            resp.content_type = self._media_type
            resp.data = body

    on_head = on_get

    @cached_property
    def _made(self) -> tuple[bytes, str]:
        body = self._make().encode()
        return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def add_routes(app: falcon.App[Any, Any]) -> None:
    """The routes of the description."""
    described = StaticResource(falcon.MEDIA_JSON, lambda: json.dumps(document(), indent=1))
    app.add_route("/api/openapi.json", described)
    app.add_route("/api/docs/openapi.json", described)
    app.add_route("/api/docs", StaticResource("text/html; charset=utf-8", page))
    app.add_route("/api/docs/style.css", StaticResource("text/css; charset=utf-8", _style))


def _style() -> str:
    return (files(__package__) / "style.css").read_text()
