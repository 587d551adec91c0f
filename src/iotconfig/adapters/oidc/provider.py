"""`IdentityProvider` over OpenID Connect."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from authlib.common.urls import add_params_to_uri

from iotconfig.domain.access.identity import Session, SignIn, TerminalSignIn, Waiting
from iotconfig.domain.access.principal import Principal
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import AuthenticationRequired

from .cached_fetch import CachedFetch
from .client import RegisteredClient, TokenResponse
from .faults import ProviderUnavailable, refused
from .principals import principal_in
from .provider_client import ProviderClient
from .provider_documents import ProviderDocuments
from .registration import Registration
from .sign_in import CodeFlow
from .terminal_flow import TerminalFlow
from .tokens import NOT_AS_BEARER, NOT_FOR_US, Tokens, Verified

log = logging.getLogger(__name__)

_LONGEST: Final = 400 * 24 * 3600
"""Seconds; the longest lifetime of a cookie in browsers (RFC 6265bis)."""
_NOT_IN_ACCESS_TOKENS: Final = ("at_hash", "c_hash", "events")
"""Claims of ID tokens and logout tokens."""


class OidcIdentityProvider:
    """`IdentityProvider` of one issuer. Construction sends no request."""

    def __init__(self, registration: Registration, clock: Clock, seconds: float = 5.0) -> None:
        """`seconds`: the bound for each request to the provider, from the name lookup to the last byte.

        Raises `OSError` where the certificate file is not usable.
        """
        self._registration = registration
        self._clock = clock
        client = ProviderClient(registration.ca_file, seconds)
        self._published = CachedFetch(
            partial(ProviderDocuments.fetch, client, registration.issuer), clock, seconds + 1
        )
        self._tokens = Tokens(self._published, clock)
        registered = RegisteredClient(registration, client, self._tokens)
        self._flow = CodeFlow(registration, registered)
        self._terminal_flow = TerminalFlow(registration, registered)

    def principal_of(self, access_token: str) -> Principal:
        verified = self._tokens.verify(access_token, {self._registration.audience}, NOT_AS_BEARER)
        if any(name in verified.claims for name in _NOT_IN_ACCESS_TOKENS):
            raise refused("it is an ID token or a logout token, and an access token is expected")
        return self._principal(verified)

    def principal_of_session(self, token: str) -> Principal:
        return self._principal(self._of_session(token))

    def begin(self, callback: str, redirect: str) -> tuple[SignIn, str]:
        metadata = self._published.current().metadata
        with _logged("a sign-in cannot begin"):
            return self._flow.begin(metadata, callback, redirect)

    def finish(self, callback: str, sign_in: SignIn, code: str, issuer: str | None) -> Session:
        metadata = self._published.current().metadata
        with _logged("a sign-in failed"):
            response = self._flow.finish(metadata, callback, sign_in, code, issuer)
        return self._session(response)

    def begin_at_terminal(self) -> TerminalSignIn:
        metadata = self._published.current().metadata
        with _logged("a sign-in at a terminal cannot begin"):
            return self._terminal_flow.begin(metadata)

    def finish_at_terminal(self, device_code: str) -> Session | Waiting:
        metadata = self._published.current().metadata
        with _logged("a sign-in at a terminal failed"):
            response = self._terminal_flow.finish(metadata, device_code)
        return response if isinstance(response, Waiting) else self._session(response)

    def end_url(self, back: str, id_token: str | None = None) -> str | None:
        try:
            endpoint = self._published.current().metadata.end_session_endpoint
        except ProviderUnavailable:
            return None
        if endpoint is None:
            return None
        hint = [] if id_token is None else [("id_token_hint", id_token)]
        parameters = [
            *hint,
            ("client_id", self._registration.client_id),
            ("post_logout_redirect_uri", back),
        ]
        url: str = add_params_to_uri(endpoint, parameters)
        return url

    def _session(self, response: TokenResponse) -> Session:
        token, verified = self._choose(response)
        left = int(verified.claims["exp"]) - int(self._clock().timestamp())
        return Session(token, min(max(left, 1), _LONGEST), self._principal(verified), response.id_token)

    def _choose(self, response: TokenResponse) -> tuple[str, Verified]:
        """Return the access token, in which Keycloak has the roles; the ID token where that is opaque or not for us."""
        if response.access_token is not None:
            try:
                access = self._of_session(response.access_token)
            except AuthenticationRequired as error:
                log.info(
                    "identity provider: a session uses the ID token, because the access token is not usable: %s",
                    error,
                )
            else:
                if access.claims["sub"] == response.identity.claims["sub"]:
                    return response.access_token, access
                log.info(
                    "identity provider: a session uses the ID token, because the access token has another subject"
                )
        return response.id_token, response.identity

    def _of_session(self, token: str) -> Verified:
        audiences = {self._registration.audience, self._registration.client_id}
        return self._tokens.verify(token, audiences, NOT_FOR_US)

    def _principal(self, verified: Verified) -> Principal:
        return principal_in(verified.claims, self._registration)


@contextmanager
def _logged(what: str) -> Iterator[None]:
    """Log the reason for which the provider's answer is not usable, which callers do not get."""
    try:
        yield
    except ProviderUnavailable as error:
        log.warning("identity provider: %s: %s", what, error.reason)
        raise
