"""The guard against requests that browsers send for pages of other sites."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import urlsplit

import falcon
from attrs import frozen

from iotconfig.adapters.http.methods import SAFE_METHODS
from iotconfig.adapters.http.problems import Refused
from iotconfig.domain.errors import ValidationFailed

from .origins import is_from_elsewhere, why_elsewhere


@frozen
class SiteGuard:
    """Refuses what browsers send for pages of other sites. Clients other than browsers are not affected.

    Any page that an operator visits could otherwise write to a service that the operator's browser
    reaches (CSRF). And a site can resolve its own name to 127.0.0.1 (DNS rebinding): browsers then treat a
    service on this machine as part of that site's origin.
    """

    own_origin: str
    """The origin of the service as browsers see it; empty: the origin that the request names."""
    origins: Collection[str]
    """Further origins whose pages may make changes; `*` for all."""
    is_local: bool
    """Whether the service is reachable from this machine only; it then answers to no foreign `Host` name."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        if req.method not in SAFE_METHODS:
            self.check_origin(req)
        if not self.is_local:
            return
        try:
            host = req.host
        except ValueError:
            raise ValidationFailed("The Host header is not a host with a port.") from None
        if not _is_of_this_machine(host, self.own_origin):
            raise Refused(
                "AUTHORIZATION_FAILED",
                "This service answers requests to localhost and to IP addresses only: "
                "set BASEURL to the name under which it is reached.",
            )

    def check_origin(self, req: falcon.Request) -> None:
        """Raise `Refused` if a page of another site sends this request."""
        if "*" not in self.origins and is_from_elsewhere(req, {self.own_origin, *self.origins}):
            raise Refused("AUTHORIZATION_FAILED", why_elsewhere(req, self.own_origin))


@lru_cache
def _is_of_this_machine(host: str, own_origin: str) -> bool:
    """Whether the host is localhost, that of `own_origin`, or an IP address."""
    host = host.strip("[]").lower().removesuffix(".")
    if host in ("localhost", urlsplit(own_origin).hostname or ""):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
