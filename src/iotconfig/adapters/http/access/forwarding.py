"""The headers that a request may have forwarded to the URL that it names."""

from __future__ import annotations

import re
from typing import Final

import falcon

from iotconfig.domain.errors import ValidationFailed, excerpt

MAX_NAMES: Final = 16

# No underscore: WSGI maps it to a hyphen, so a refused header could pass under another spelling.
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]{1,100}")
_KEPT_BACK: Final = frozenset(
    {
        # The caller's session with this service.
        "cookie", "cookie2",
        # Headers of one connection or message (RFC 9110, section 7.6.1).
        "connection", "expect", "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        # Headers that change the target or the form of the answer.
        "accept-encoding", "host", "if-match", "if-modified-since", "if-none-match", "if-range",
        "if-unmodified-since", "max-forwards", "range",
        # Headers that only a forwarding server may set.
        "forwarded", "via", "x-real-ip",
    }
)  # fmt: skip
_KEPT_BACK_FAMILIES: Final = ("content-", "proxy-", "x-forwarded-")


def forwarded(req: falcon.Request, names: str) -> dict[str, str]:
    """The headers of the request that `names` lists, separated by commas.

    Raises `ValidationFailed` for a malformed name, for a header that is not forwarded, and for one that the
    request does not have. `Authorization` may be named: the caller chooses the URL.
    """
    listed = [name.strip(" \t") for name in names.split(",")] if names else []
    if len(listed) > MAX_NAMES:
        raise _refusal(f"more than {MAX_NAMES} names")
    return {name: _value(req, name) for name in listed}


def _value(req: falcon.Request, name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise _refusal(f'"{excerpt(name)}" is not a header name')
    lowered = name.lower()
    if lowered in _KEPT_BACK or lowered.startswith(_KEPT_BACK_FAMILIES):
        raise _refusal(f"{name} is not forwarded")
    value = req.get_header(name)
    if value is None:
        raise _refusal(f"the request has no header {name}")
    return value


def _refusal(why: str) -> ValidationFailed:
    return ValidationFailed(f"Query parameter headers: {why}.", parameter="headers")
