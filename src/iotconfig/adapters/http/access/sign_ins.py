"""What the routes that sign browsers in and out share."""

from __future__ import annotations

from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.http.problems import Refused
from iotconfig.domain.access.sign_in import SignInService

from .cookies import CookieJar
from .redirects import local_path
from .sign_in_throttle import SignInThrottle

CALLBACK: Final = "/api/auth/callback"
"""The redirect URI that the provider is to know, behind BASEURL."""


@frozen
class SignIns:
    """What the routes that sign browsers in and out share."""

    service: SignInService | None
    """None: there is no identity provider."""
    cookies: CookieJar
    failed: SignInThrottle
    own_origin: str
    """The service's own, as browsers see it. Without it nobody signs in: a provider sends browsers
    back to an absolute URL, and the `Host` of a request is what the last proxy made of it."""

    def path(self, req: falcon.Request, redirect: str) -> str:
        """The path that the parameter `redirect` names. Raises `ValidationFailed` for all else."""
        return local_path(redirect, self.own_origin or req.prefix)

    def configured(self) -> SignInService:
        """Raises `Refused` (404) where nobody can sign in."""
        if self.service is None:
            raise Refused(
                "ROUTE_NOT_FOUND",
                "There is no identity provider to sign in with: set OIDC_ENABLED and OIDC_….",
            )
        if not self.own_origin:
            raise Refused("ROUTE_NOT_FOUND", "Signing in is not possible: BASEURL is not set.")
        return self.service
