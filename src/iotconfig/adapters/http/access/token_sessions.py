"""Sessions of browsers that signed in with an API token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import falcon
from attrs import frozen

from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.access.principal import Principal
from iotconfig.domain.errors import AuthenticationRequired

from .cookies import TOKEN_SESSION, bound_to_host, cookies_of
from .sign_in_throttle import SignInThrottle
from .signed_values import SignedValues

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class TokenSessions:
    """Begins, checks and ends these sessions. A session is its cookie: nothing of it is stored.

    The cookie holds the key of the token, signed, and not its secret. The token is looked up at each
    request, so that its session has its role, and ends with it.
    """

    api_tokens: ApiTokenService
    is_https: bool
    """Whether `BASEURL` is https; the cookie is then bound to the host."""
    signed: SignedValues
    failed: SignInThrottle

    def begin(self, req: falcon.Request, resp: falcon.Response, text: str) -> Principal:
        """Set the cookie of a session. `text`: the API token. Returns its principal.

        Raises `AuthenticationRequired` and `TooManyRequests` for a token that is not valid.
        """
        with self.failed.watch(req):
            token = self.api_tokens.verify(text)
        # Without an expiry, the cookie dies with the browser.
        self._send(req, resp, self.signed.sign(token.key))
        return token.principal

    def principal(self, req: falcon.Request) -> Principal | None:
        """The principal of the session; None if the request has no session.

        Raises `AuthenticationRequired` and `TooManyRequests` for one that is not valid, or no longer.
        """
        cookie = self._cookie(req)
        if cookie is None:
            return None
        with self.failed.watch(req):
            key = self.signed.read(cookie, None)
            if not isinstance(key, str):
                raise AuthenticationRequired(
                    "The session is unknown, or began before the service was started again: sign in again."
                )
            return self.api_tokens.principal_of_key(key)

    def is_there(self, req: falcon.Request) -> bool:
        """Whether the request has the cookie of a session, valid or not."""
        return self._cookie(req) is not None

    def end(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Delete the cookie, if the request has it."""
        if self.is_there(req):
            self._send(req, resp, "", expires=_LONG_AGO)

    @property
    def _name(self) -> str:
        return bound_to_host(TOKEN_SESSION) if self.is_https else TOKEN_SESSION

    def _cookie(self, req: falcon.Request) -> str | None:
        return cookies_of(req).get(self._name)

    def _send(
        self, req: falcon.Request, resp: falcon.Response, value: str, *, expires: datetime | None = None
    ) -> None:
        # Without BASEURL, the page's own origin is the only sign of a proxy that ends TLS.
        is_secure = self.is_https or req.get_header("Origin", default="").startswith("https:")
        resp.set_cookie(
            self._name, value, expires, path="/", secure=is_secure, http_only=True, same_site="Strict"
        )
