"""`IdentityProvider` over OpenID Connect."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from authlib.common.urls import add_params_to_uri

from iotconfig.domain.access.identity import Session, SignIn
from iotconfig.domain.access.principal import Principal
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import AuthenticationRequired

from .cached_fetch import CachedFetch
from .faults import ProviderUnavailable, refused
from .principals import principal_in
from .provider_client import ProviderClient
from .provider_documents import ProviderDocuments
from .registration import Registration
from .sign_in import CodeFlow, TokenResponse
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
        self._flow = CodeFlow(registration, client, self._tokens)

    def principal_of(self, access_token: str) -> Principal:
        verified = self._tokens.verify(access_token, {self._registration.audience}, NOT_AS_BEARER)
        if any(name in verified.claims for name in _NOT_IN_ACCESS_TOKENS):
            raise refused("it is an ID token or a logout token, and an access token is expected")
        return self._principal(verified)

    def principal_of_session(self, token: str) -> Principal:
        return self._principal(self._of_session(token))

    def begin(self, callback: str, redirect: str) -> tuple[SignIn, str]:
        metadata = self._published.current().metadata
        try:
            return self._flow.begin(metadata, callback, redirect)
        except ProviderUnavailable as error:
            log.warning("identity provider: a sign-in cannot begin: %s", error.reason)
            raise

    def finish(self, callback: str, sign_in: SignIn, code: str, issuer: str | None) -> Session:
        metadata = self._published.current().metadata
        try:
            response = self._flow.finish(metadata, callback, sign_in, code, issuer)
        except ProviderUnavailable as error:
            log.warning("identity provider: a sign-in failed: %s", error.reason)
            raise
        token, verified = self._choose(response)
        left = int(verified.claims["exp"]) - int(self._clock().timestamp())
        return Session(token, min(max(left, 1), _LONGEST), self._principal(verified), response.id_token)

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
