"""Who a request counts for, where each caller has a share."""

from __future__ import annotations

from collections.abc import Sequence

import falcon

from iotconfig.adapters.networks import Network
from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR

from .gate import principal_of
from .sources import source_of


def caller_of(req: falcon.Request, proxies: Sequence[Network]) -> str:
    """The caller of a route that requires a role: its subject, or its address while authentication is off.

    proxies: networks of trusted proxies: their `X-Forwarded-For` is evaluated.
    """
    principal = principal_of(req)
    # While authentication is off, all callers are one principal.
    is_known = principal != LOCAL_ADMINISTRATOR
    return f"subject {principal.subject}" if is_known else source_of(req, proxies)
