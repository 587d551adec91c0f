"""Cross-origin requests: the middleware that lets pages of other origins call the API."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import falcon


def cors(origins: Collection[str], *, takes_cookies: bool) -> Sequence[Any]:
    """The middleware for pages of these origins; none without origins.

    `origins`: `*` for all.
    `takes_cookies`: whether a browser can have a session.
    """
    if not origins:
        return ()
    allowed = "*" if "*" in origins else origins
    return (
        falcon.CORSMiddleware(
            allow_origins=allowed,
            # Only pages of origins that are listed by name may use the session cookie.
            allow_credentials=allowed if takes_cookies and allowed != "*" else None,
            expose_headers="Accept-Patch, Accept-Ranges, Content-Digest, Content-Disposition, Content-Range, ETag, "
            "Location, Repr-Digest, Retry-After, X-Request-ID",
        ),
        _VaryByOrigin(),
    )


class _VaryByOrigin:
    """Adds `Vary: Origin`: with some origins allowed, caches must keep answers apart (Fetch, section 3.2.5)."""

    def process_response(self, _req: falcon.Request, resp: falcon.Response, *_rest: Any) -> None:
        resp.append_header("Vary", "Origin")
