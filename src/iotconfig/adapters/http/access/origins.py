"""Which pages' scripts may change something, where a browser says whose they are.

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
"""Origins that a sentence repeats."""
_OWN: Final = ("same-origin", "none")
"""What `Sec-Fetch-Site` says of our own pages, and of what the user asked for by hand."""


def canonical(origin: str) -> str:
    """The origin as browsers spell it: in small letters, without the usual port of its scheme."""
    scheme, mark, authority = origin.lower().partition("://")
    return f"{scheme}{mark}{authority.removesuffix(_USUAL_PORTS.get(scheme, ''))}"


def is_from_elsewhere(req: falcon.Request, allowed: Collection[str]) -> bool:
    """Whether a page of an origin that is neither ours nor allowed asks. Programs are no pages."""
    site, origin = req.get_header("Sec-Fetch-Site"), req.get_header("Origin")
    if origin is not None and canonical(origin) in allowed:
        return False
    if site:
        return site not in _OWN
    return origin is not None and not _is_own(req, origin)


def is_from_here(req: falcon.Request, own: str, allowed: Collection[str]) -> bool:
    """Whether the browser vouches for it that a page of `own` asks, or of an allowed origin.

    `own`: the service's origin; where it is not known, that which the request names, scheme aside.
    """
    site, origin = req.get_header("Sec-Fetch-Site"), req.get_header("Origin")
    if origin is not None and (canonical(origin) in allowed or canonical(origin) == own):
        return True
    if site:
        return site in _OWN
    return origin is not None and not own and _is_own(req, origin)


def why_elsewhere(req: falcon.Request, own: str) -> str:
    """Why a page's request is refused, and which setting lets it pass: of a proxy that rewrites `Host`, or of another site."""
    origin = req.get_header("Origin", default="")
    if _SHOWN.fullmatch(origin) is None:
        return (
            "The request comes from a page of another site, or of an unknown one. BASEURL is the address at which "
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
