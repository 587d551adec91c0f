"""The id of a request, which its answer, its problem and its log line carry."""

from __future__ import annotations

import re
import secrets
from typing import Final

import falcon

_PATTERN: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


def request_id_of(req: falcon.Request, resp: falcon.Response) -> str:
    """The caller's `X-Request-ID` where it is well-formed, else a new id; the same each time it is asked for.

    Worked out when it is needed: Falcon refuses some requests before any middleware sees them.
    """
    found: str | None = getattr(resp.context, "request_id", None)
    if found is None:
        given = req.get_header("X-Request-ID")
        found = given if given and _PATTERN.fullmatch(given) else secrets.token_hex(16)
        resp.context.request_id = found
    return found
