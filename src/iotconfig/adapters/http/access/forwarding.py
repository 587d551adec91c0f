"""Which headers of a request may be sent on, to where its caller says."""

from __future__ import annotations

import re
from typing import Final

import falcon

from iotconfig.domain.errors import ValidationFailed, excerpt

MAX_NAMES: Final = 16

# No underscore: to WSGI it is a hyphen, and what is kept back would go under another spelling.
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]{1,100}")
_KEPT_BACK: Final = frozenset(
    {
        # The session of whoever calls is ours.
        "cookie", "cookie2",
        # They belong to one connection, or to one message (RFC 9110, section 7.6.1).
        "connection", "expect", "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        # They would change what is asked for, or which answer comes.
        "accept-encoding", "host", "if-match", "if-modified-since", "if-none-match", "if-range",
        "if-unmodified-since", "max-forwards", "range",
        # They speak for whoever forwards, and that is us.
        "forwarded", "via", "x-real-ip",
    }
)  # fmt: skip
_KEPT_BACK_FAMILIES: Final = ("content-", "proxy-", "x-forwarded-")


def forwarded(req: falcon.Request, names: str) -> dict[str, str]:
    """The headers of the request that `names` lists, separated by commas.

    Raises `ValidationFailed` for a name that is none, that is kept back, or that the
    request has no header of. `Authorization` may be named: who calls chooses where
    their request goes, and what with.
    """
    listed = [name.strip(" \t") for name in names.split(",")] if names else []
    if len(listed) > MAX_NAMES:
        raise _refusal(f"more than {MAX_NAMES} names")
    return {name: _value(req, name) for name in listed}


def _value(req: falcon.Request, name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise _refusal(f'"{excerpt(name)}" is no name of a header')
    lowered = name.lower()
    if lowered in _KEPT_BACK or lowered.startswith(_KEPT_BACK_FAMILIES):
        raise _refusal(f"{name} is not forwarded")
    value = req.get_header(name)
    if value is None:
        raise _refusal(f"the request has no header {name}")
    return value


def _refusal(why: str) -> ValidationFailed:
    return ValidationFailed(f"Query parameter headers: {why}.", parameter="headers")
