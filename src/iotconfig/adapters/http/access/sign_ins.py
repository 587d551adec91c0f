"""The state that the routes of sign-in and sign-out with a browser share."""

from __future__ import annotations

from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.http.problems import Refused
from iotconfig.domain.access.sign_in import SignInService

from .cookies import CookieJar
from .redirects import local_path
from .sign_in_throttle import SignInThrottle
from .token_sessions import TokenSessions

CALLBACK: Final = "/api/auth/callback"
"""The path of the redirect URI that is registered at the provider."""


@frozen
class SignIns:
    """The state that the routes of sign-in and sign-out share."""

    service: SignInService | None
    """None: there is no identity provider."""
    cookies: CookieJar
    token_sessions: TokenSessions | None
    """None: authentication is off."""
    failed: SignInThrottle
    own_origin: str
    """The origin of the service as browsers see it. Sign-in requires it: the redirect URI is absolute, and proxies
    may rewrite the `Host` of a request."""

    def path(self, req: falcon.Request, redirect: str) -> str:
        """The path that the parameter `redirect` names. Raises `ValidationFailed` if it is not one of this service."""
        return local_path(redirect, self.own_origin or req.prefix)

    def end_here(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Delete the cookies of the browser's sessions, of either kind."""
        self.end_provider_session(req, resp)
        if self.token_sessions is not None:
            self.token_sessions.end(req, resp)

    def end_provider_session(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Delete the cookie of a session that began at the identity provider."""
        if self.cookies.session(req) is not None:
            self.cookies.end_session(resp)

    def configured(self) -> SignInService:
        """The sign-in service. Raises `Refused` (404) if sign-in is not configured."""
        if self.service is None:
            raise Refused(
                "ROUTE_NOT_FOUND",
                "No identity provider is configured: set OIDC_ENABLED and OIDC_….",
            )
        if not self.own_origin:
            raise Refused("ROUTE_NOT_FOUND", "Signing in is not possible: BASEURL is not set.")
        return self.service
