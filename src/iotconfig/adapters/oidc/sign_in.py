"""The authorization code flow (OpenID Connect Core 1.0, section 3.1) with PKCE (RFC 7636)."""

from __future__ import annotations

from http import HTTPStatus
from secrets import token_urlsafe
from typing import Final
from urllib.parse import quote

from attrs import frozen
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core.util import create_half_hash

from iotconfig.domain.access.identity import SignIn
from iotconfig.domain.errors import AuthenticationRequired, excerpt

from .faults import ProviderUnavailable, refused
from .metadata import Metadata
from .provider_client import Answer, ProviderClient
from .registration import Registration
from .tokens import NOT_FOR_US, Tokens, Verified

_RANDOM: Final = 32
"""Random bytes of a state, a nonce and a verifier: 43 characters, the least for a verifier."""
_FORM: Final = "application/x-www-form-urlencoded"
_REFUSALS: Final = frozenset({"invalid_grant", "invalid_request"})
"""Errors (RFC 6749, section 5.2) about the code, not about the service's registration."""


@frozen
class TokenResponse:
    """The provider's answer to a code: a verified ID token, and an access token that is not verified yet."""

    id_token: str
    identity: Verified
    access_token: str | None


class CodeFlow:
    """Sends browsers to the provider, and exchanges codes for tokens."""

    def __init__(self, registration: Registration, client: ProviderClient, tokens: Tokens) -> None:
        self._registration = registration
        self._client = client
        self._tokens = tokens

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
        answer = self._exchange(metadata, callback, sign_in.verifier, code)
        id_token, access_token = answer.document.get("id_token"), answer.document.get("access_token")
        if not isinstance(id_token, str):
            raise AuthenticationRequired("The sign-in failed: the identity provider sent no ID token.")
        access_token = access_token if isinstance(access_token, str) and access_token.isascii() else None
        identity = self._tokens.verify(id_token, {self._registration.client_id}, NOT_FOR_US)
        self._check_identity(identity, sign_in, access_token)
        return TokenResponse(id_token, identity, access_token)

    def _exchange(self, metadata: Metadata, callback: str, verifier: str, code: str) -> Answer:
        if metadata.token_endpoint is None:
            raise ProviderUnavailable("the provider has no token endpoint")
        form = prepare_token_request(
            "authorization_code", redirect_uri=callback, code=code, code_verifier=verifier
        )
        uri, headers, body = self._client_auth(metadata).prepare(
            "POST", metadata.token_endpoint, {"Content-Type": _FORM}, form
        )
        answer = self._client.post(uri, headers, body)
        if answer.status == HTTPStatus.OK:
            return answer
        error = str(answer.document.get("error"))
        if error in _REFUSALS:
            raise AuthenticationRequired(
                "The sign-in failed: the identity provider refused its code. Begin again."
            )
        description = excerpt(str(answer.document.get("error_description", "")))
        raise ProviderUnavailable(f"{uri} answered {answer.status}: {excerpt(error)} {description}")

    def _client_auth(self, metadata: Metadata) -> ClientAuth:
        client_id, secret = self._registration.client_id, self._registration.client_secret
        if secret is None:
            return ClientAuth(client_id, None, "none")
        methods = metadata.token_auth_methods
        if "client_secret_post" in methods and "client_secret_basic" not in methods:
            return ClientAuth(client_id, secret, "client_secret_post")
        # RFC 6749, section 2.3.1, requires this encoding, and Authlib omits it.
        return ClientAuth(quote(client_id, safe=""), quote(secret, safe=""), "client_secret_basic")

    def _check_identity(self, identity: Verified, sign_in: SignIn, access_token: str | None) -> None:
        """Check the rules of OpenID Connect Core 1.0, section 3.1.3.7, that `Tokens.verify` does not."""
        claims = identity.claims
        if claims.get("nonce") != sign_in.nonce:
            raise refused("it was made for another sign-in")
        client_id = self._registration.client_id
        is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if is_shared else client_id) != client_id:
            raise refused("it was made for another client")
        if "at_hash" in claims and access_token is not None:
            expected = create_half_hash(access_token, identity.algorithm)
            if expected is not None and expected.decode() != claims["at_hash"]:
                raise refused("it was made for another access token")
