"""The resources of the web app: the page at each address of a screen, and the files that it loads."""

from __future__ import annotations

from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.conditional import is_unchanged

from .files import INDEX, WebFile, WebFiles

_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)

_WITHOUT_HASH: Final = (INDEX, "THIRD-PARTY.txt")
"""The files whose names do not change with their content."""

_MISSING: Final = (
    "This installation was built without the web app (IOTCONFIG_SKIP_WEB). A published wheel has it; in a checkout, "
    "`make web` builds it. The API works without it: its description is at /api/docs."
)


@frozen
class PageResource:
    """The page, at every address that a screen has: the page reads the address and shows the screen."""

    files: WebFiles

    def on_get(self, req: falcon.Request, resp: falcon.Response, **_fields: str) -> None:
        page = self.files.by_name.get(INDEX)
        if page is None:
            raise Refused("ROUTE_NOT_FOUND", _MISSING)
        _send(req, resp, page, "no-cache")


@frozen
class FileResource:
    """`/static/{name}`: a file, by its name in the table. No name reaches the file system."""

    files: WebFiles

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        file = self.files.by_name.get(name)
        if file is None:
            raise falcon.HTTPRouteNotFound
        is_kept = name not in _WITHOUT_HASH
        _send(req, resp, file, "public, max-age=31536000, immutable" if is_kept else "no-cache")


def _send(req: falcon.Request, resp: falcon.Response, file: WebFile, caching: str) -> None:
    takes_gzip = _takes_gzip(req.get_header("Accept-Encoding") or "")
    # Another form has another strong validator.
    etag = file.etag if takes_gzip else f'{file.etag[:-1]}-plain"'
    resp.set_header("ETag", etag)
    resp.set_header("Vary", "Accept-Encoding")
    resp.set_header("Cache-Control", caching)
    resp.set_header("Content-Security-Policy", _POLICY)
    resp.set_header("Referrer-Policy", "no-referrer")
    resp.set_header("X-Content-Type-Options", "nosniff")
    if is_unchanged(req, etag):
        resp.status = falcon.HTTP_304
        return
    resp.content_type = file.media_type
    if takes_gzip:
        resp.set_header("Content-Encoding", "gzip")
    resp.data = file.compressed if takes_gzip else file.plain()


def _takes_gzip(accepted: str) -> bool:
    """Whether the header names gzip, or all codings, and does not refuse it with a weight of zero (RFC 9110, section 12.5.3)."""
    weights = {}
    for each in accepted.lower().split(","):
        coding, _, weight = each.replace(" ", "").partition(";")
        weights[coding] = weight not in ("q=0", "q=0.", "q=0.0", "q=0.00", "q=0.000")
    return weights.get("gzip", weights.get("*", False))
