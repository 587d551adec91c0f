"""Middleware: request ids, headers of every answer, and guards against other sites and hosts."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import falcon
from attrs import frozen

from iotconfig.domain.errors import ValidationFailed

from .access.origins import is_from_elsewhere, why_elsewhere
from .methods import SAFE_METHODS
from .problems import Refused
from .request_ids import request_id_of


class RequestIds:
    """Every answer carries `X-Request-ID`: the caller's if it is well-formed, otherwise a new one."""

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001 - the signature is Falcon's
    ) -> None:
        resp.set_header("X-Request-ID", request_id_of(req, resp))
        resp.set_header("X-Content-Type-Options", "nosniff")


@frozen
class CrossSiteGuard:
    """Refuses changes that browsers send for pages of other sites (CSRF).

    Without it, any page that an operator visits could write to a service that
    the operator's browser reaches. Clients other than browsers are not affected.
    """

    own_origin: str
    """The origin of the service as browsers see it; empty: the origin that the request names."""
    origins: Collection[str]
    """Further origins whose pages may make changes; `*` for all."""
    calling_out: Collection[str]
    """Templates of the routes whose GET makes the service send requests to other servers; guarded like changes."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        if req.method not in SAFE_METHODS:
            self._check(req)

    def process_resource(self, req: falcon.Request, *_rest: Any) -> None:
        # By the route that was found: other spellings of the path, such as one with two slashes, lead to it too.
        if req.uri_template in self.calling_out and req.method != "OPTIONS":
            self._check(req)

    def _check(self, req: falcon.Request) -> None:
        if "*" not in self.origins and is_from_elsewhere(req, {self.own_origin, *self.origins}):
            raise Refused("AUTHORIZATION_FAILED", why_elsewhere(req, self.own_origin))


@frozen
class HostGuard:
    """Refuses foreign `Host` names on a service that is reachable from this machine only.

    A site can resolve its own name to 127.0.0.1 (DNS rebinding); browsers then
    treat the service as part of that site's origin.
    """

    own_host: str

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        try:
            host = req.host.strip("[]").lower().removesuffix(".")
        except ValueError:
            raise ValidationFailed("The Host header is not a host with a port.") from None
        if host not in ("localhost", self.own_host) and not _is_ip_address(host):
            raise Refused(
                "AUTHORIZATION_FAILED",
                "This service answers requests to localhost and to IP addresses only: "
                "set BASEURL to the name under which it is reached.",
            )


@lru_cache
def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class VaryByOrigin:
    """Adds `Vary: Origin`: with some origins allowed, caches must keep answers apart (Fetch, section 3.2.5)."""

    def process_response(self, _req: falcon.Request, resp: falcon.Response, *_rest: Any) -> None:
        resp.append_header("Vary", "Origin")
