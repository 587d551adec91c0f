"""Identifies callers: by an API token or its session, by the token of a session in a header or a cookie, or by an access token."""

from __future__ import annotations

from collections.abc import Collection

import falcon
from attrs import frozen

from iotconfig.adapters.bearer import bearer_token
from iotconfig.adapters.http.methods import SAFE_METHODS
from iotconfig.domain.access import api_tokens, secrets
from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.access.identity import SESSION_PREFIX, IdentityProvider
from iotconfig.domain.access.principal import Principal
from iotconfig.domain.errors import AuthenticationRequired, AuthorizationFailed

from .cookies import CookieJar
from .origins import is_from_here, why_elsewhere
from .sign_in_throttle import SignInThrottle
from .token_sessions import TokenSessions


def bearer_of(req: falcon.Request) -> str | None:
    """The bearer token that the request carries (RFC 6750), or None."""
    return bearer_token(req.auth or "")


@frozen
class Authentication:
    """Identifies the caller of a request."""

    api_tokens: ApiTokenService
    identity: IdentityProvider | None
    cookies: CookieJar
    token_sessions: TokenSessions
    own_origin: str
    """The origin of the service as browsers see it; empty: the origin that the request names."""
    origins: Collection[str]
    """Further origins whose pages may make changes with the session cookie."""
    failed: SignInThrottle

    def identify(self, req: falcon.Request) -> Principal | None:
        """The caller; None if the request has no credentials. A session cookie takes precedence.

        Raises `AuthenticationRequired` and `TooManyRequests` for invalid credentials,
        `AuthorizationFailed` for a change by cookie from a foreign page, and
        `ExternalServiceError` if the identity provider is needed and unavailable.
        """
        if (principal := self._of_cookie(req)) is not None:
            self.check_page(req)
            return principal
        if not req.auth:
            return None
        with self.failed.watch(req):
            return self._of_bearer(bearer_of(req))

    @property
    def invitation(self) -> str:
        """How to send credentials, for a request that has none."""
        program = "send an API token as 'Authorization: Bearer …'"
        return f"Sign in first: {program}" + (
            ", or sign in at /api/auth/login?redirect=/." if self.identity is not None else "."
        )

    def check_page(self, req: falcon.Request) -> None:
        """Refuse a change by cookie from a foreign page: browsers send cookies with the requests of every page.

        Raises `AuthorizationFailed`.
        """
        if req.method not in SAFE_METHODS and not is_from_here(req, self.own_origin, self.origins):
            raise AuthorizationFailed(
                "A change with the session cookie must come from a page of this service, and the browser must say so "
                f"(Origin or Sec-Fetch-Site); programs use a token. {why_elsewhere(req, self.own_origin)}"
            )

    def _of_cookie(self, req: falcon.Request) -> Principal | None:
        if (principal := self.token_sessions.principal(req)) is not None:
            return principal
        if self.identity is not None and (session := self.cookies.session(req)):
            with self.failed.watch(req):
                return self.identity.principal_of_session(session)
        return None

    def _of_bearer(self, token: str | None) -> Principal:
        if not token:
            raise AuthenticationRequired("Send credentials as 'Authorization: Bearer …', with a token.")
        if secrets.has_prefix(api_tokens.PREFIX, token):
            return self.api_tokens.authenticate(token)
        if self.identity is None:
            raise AuthenticationRequired(
                "The token is not an API token, and no identity provider is configured."
            )
        if secrets.has_prefix(SESSION_PREFIX, token):
            return self.identity.principal_of_session(token.removeprefix(f"{SESSION_PREFIX}_"))
        return self.identity.principal_of(token)
