"""The id of a request, which its answer, its problem and its log line carry."""

from __future__ import annotations

import re
import secrets
from typing import Final

import falcon

_PATTERN: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


def request_id_of(req: falcon.Request, resp: falcon.Response) -> str:
    """The caller's `X-Request-ID` if it is well-formed, otherwise a new id; stable per request.

    Computed on demand: Falcon refuses some requests before any middleware runs.
    """
    found: str | None = getattr(resp.context, "request_id", None)
    if found is None:
        given = req.get_header("X-Request-ID")
        found = given if given and _PATTERN.fullmatch(given) else secrets.token_hex(16)
        resp.context.request_id = found
    return found
