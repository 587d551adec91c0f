"""The authorization code flow (OpenID Connect Core 1.0, section 3.1) with PKCE (RFC 7636)."""

from __future__ import annotations

from http import HTTPStatus
from secrets import token_urlsafe
from typing import Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from iotconfig.domain.access.identity import SignIn
from iotconfig.domain.errors import AuthenticationRequired

from .client import RegisteredClient, TokenResponse, error_in, failed
from .faults import ProviderUnavailable, refused
from .metadata import Metadata
from .provider_client import Answer
from .registration import Registration

_RANDOM: Final = 32
"""Random bytes of a state, a nonce and a verifier: 43 characters, the least for a verifier."""
_REFUSALS: Final = frozenset({"invalid_grant", "invalid_request"})
"""Errors (RFC 6749, section 5.2) about the code, not about the service's registration."""


class CodeFlow:
    """Sends browsers to the provider, and exchanges codes for tokens."""

    def __init__(self, registration: Registration, client: RegisteredClient) -> None:
        self._registration = registration
        self._client = client

    def begin(self, metadata: Metadata, callback: str, redirect: str) -> tuple[SignIn, str]:
        """Begin a sign-in. Returns it with the URL to send the browser to. Raises `ProviderUnavailable`."""
        if metadata.authorization_endpoint is None or metadata.token_endpoint is None:
            raise ProviderUnavailable("the provider has no endpoints for the sign-in of browsers")
        sign_in = SignIn(token_urlsafe(_RANDOM), token_urlsafe(_RANDOM), token_urlsafe(_RANDOM), redirect)
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            self._registration.client_id,
            "code",
            redirect_uri=callback,
            scope=self._registration.scopes,
            state=sign_in.state,
            nonce=sign_in.nonce,
            code_challenge=create_s256_code_challenge(sign_in.verifier),
            code_challenge_method="S256",
        )
        return sign_in, url

    def finish(
        self, metadata: Metadata, callback: str, sign_in: SignIn, code: str, issuer: str | None
    ) -> TokenResponse:
        """Exchange a code for tokens. Raises `AuthenticationRequired` and `ProviderUnavailable`."""
        if issuer != metadata.issuer and (issuer is not None or metadata.names_itself):
            raise AuthenticationRequired("The sign-in failed: the callback names another identity provider.")
        response = self._client.tokens_in(self._exchange(metadata, callback, sign_in.verifier, code))
        if response.identity.claims.get("nonce") != sign_in.nonce:
            raise refused("it was made for another sign-in")
        return response

    def _exchange(self, metadata: Metadata, callback: str, verifier: str, code: str) -> Answer:
        if metadata.token_endpoint is None:
            raise ProviderUnavailable("the provider has no token endpoint")
        form = prepare_token_request(
            "authorization_code", redirect_uri=callback, code=code, code_verifier=verifier
        )
        answer = self._client.post(metadata, metadata.token_endpoint, form)
        if answer.status == HTTPStatus.OK:
            return answer
        if error_in(answer) in _REFUSALS:
            raise AuthenticationRequired(
                "The sign-in failed: the identity provider refused its code. Begin again."
            )
        raise failed(metadata.token_endpoint, answer)
