"""Checks the origin of requests that browsers send for pages.

Browsers do not let pages set `Origin` and `Sec-Fetch-Site`; the latter they send
to https and localhost only.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import falcon

from iotconfig.domain.errors import excerpt

_USUAL_PORTS: Final = {"http": ":80", "https": ":443"}
_SHOWN: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,100}")
"""Origins that may be repeated in a message."""
_OWN: Final = ("same-origin", "none")
"""`Sec-Fetch-Site` of requests from our own pages, and of those that the user typed."""


def canonical(origin: str) -> str:
    """The origin as browsers spell it: lower case, without the default port."""
    scheme, mark, authority = origin.lower().partition("://")
    return f"{scheme}{mark}{authority.removesuffix(_USUAL_PORTS.get(scheme, ''))}"


def is_from_elsewhere(req: falcon.Request, allowed: Collection[str]) -> bool:
    """Whether the request comes from a page of a foreign origin. Requests of programs do not."""
    site, origin = req.get_header("Sec-Fetch-Site"), req.get_header("Origin")
    if origin is not None and canonical(origin) in allowed:
        return False
    if site:
        return site not in _OWN
    return origin is not None and not _is_own(req, origin)


def is_from_here(req: falcon.Request, own: str, allowed: Collection[str]) -> bool:
    """Whether the browser states that the request comes from a page of `own` or of an allowed origin.

    `own`: the origin of the service; if empty, the host that the request names, with any scheme.
    """
    site, origin = req.get_header("Sec-Fetch-Site"), req.get_header("Origin")
    if origin is not None and (canonical(origin) in allowed or canonical(origin) == own):
        return True
    if site:
        return site in _OWN
    return origin is not None and not own and _is_own(req, origin)


def why_elsewhere(req: falcon.Request, own: str) -> str:
    """Why a request from a page is refused, and which setting would allow it."""
    origin = req.get_header("Origin", default="")
    if _SHOWN.fullmatch(origin) is None:
        return (
            "The request comes from a page of another or unknown origin. BASEURL is the address at which "
            "browsers reach the service; CORS_ORIGINS lists other origins whose pages may make changes."
        )
    own_address = f"{own} (BASEURL)" if own else f"{excerpt(req.get_header('Host', default=''))} (Host)"
    return (
        f"The request comes from a page of {origin}, and the service's own address is {own_address}. If browsers "
        f"reach the service at {origin}, perhaps through a proxy, set BASEURL={origin}; if that is another site "
        "whose pages may make changes here, list it in CORS_ORIGINS."
    )


def _is_own(req: falcon.Request, origin: str) -> bool:
    scheme = origin.partition("://")[0]
    return canonical(origin) == canonical(f"{scheme}://{req.env.get('HTTP_HOST', '')}")
