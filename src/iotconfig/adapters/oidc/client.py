"""The service as a client of its provider: it sends forms with its credentials, and verifies the tokens it gets."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from attrs import frozen
from authlib.common.urls import add_params_to_qs
from authlib.oauth2.auth import ClientAuth
from authlib.oidc.core.util import create_half_hash

from iotconfig.domain.errors import AuthenticationRequired, excerpt

from .faults import ProviderUnavailable, refused
from .metadata import Metadata
from .provider_client import Answer, ProviderClient
from .registration import Registration
from .tokens import NOT_FOR_US, Tokens, Verified

_FORM: Final = "application/x-www-form-urlencoded"
_IN_HEADER: Final = "client_secret_basic"
_IN_FORM: Final = "client_secret_post"


@frozen
class TokenResponse:
    """The tokens of one person: a verified ID token, and an access token that is not verified yet."""

    id_token: str
    identity: Verified
    access_token: str | None


class RegisteredClient:
    """Sends forms as the client that is registered at the provider, and verifies the tokens in the answers."""

    def __init__(self, registration: Registration, client: ProviderClient, tokens: Tokens) -> None:
        self._registration = registration
        self._client = client
        self._tokens = tokens

    def post(self, metadata: Metadata, url: str, form: str, *, names_itself: bool = False) -> Answer:
        """Send a form with the client's credentials. Raises `ProviderUnavailable`.

        `names_itself`: put the client id into the form even where it is in a header, as some providers require at
        their device authorization endpoint.
        """
        method = self._method(metadata)
        if names_itself and method == _IN_HEADER:
            form = add_params_to_qs(form, [("client_id", self._registration.client_id)])
        uri, headers, body = self._auth(method).prepare("POST", url, {"Content-Type": _FORM}, form)
        return self._client.post(uri, headers, body)

    def tokens_in(self, answer: Answer) -> TokenResponse:
        """Return the tokens of a successful answer of the token endpoint.

        Checks the rules of OpenID Connect Core 1.0, section 3.1.3.7, apart from the nonce.
        Raises `AuthenticationRequired` and `ProviderUnavailable`.
        """
        id_token, access_token = answer.document.get("id_token"), answer.document.get("access_token")
        if not isinstance(id_token, str):
            raise AuthenticationRequired("The sign-in failed: the identity provider sent no ID token.")
        access_token = access_token if isinstance(access_token, str) and access_token.isascii() else None
        identity = self._tokens.verify(id_token, {self._registration.client_id}, NOT_FOR_US)
        self._check_identity(identity, access_token)
        return TokenResponse(id_token, identity, access_token)

    def _check_identity(self, identity: Verified, access_token: str | None) -> None:
        """Check what `Tokens.verify` does not."""
        claims = identity.claims
        client_id = self._registration.client_id
        is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if is_shared else client_id) != client_id:
            raise refused("it was made for another client")
        if "at_hash" in claims and access_token is not None:
            expected = create_half_hash(access_token, identity.algorithm)
            if expected is not None and expected.decode() != claims["at_hash"]:
                raise refused("it was made for another access token")

    def _method(self, metadata: Metadata) -> str:
        if self._registration.client_secret is None:
            return "none"
        methods = metadata.token_auth_methods
        return _IN_FORM if _IN_FORM in methods and _IN_HEADER not in methods else _IN_HEADER

    def _auth(self, method: str) -> ClientAuth:
        client_id, secret = self._registration.client_id, self._registration.client_secret
        if secret is not None and method == _IN_HEADER:
            # RFC 6749, section 2.3.1, requires this encoding, and Authlib omits it.
            return ClientAuth(quote(client_id, safe=""), quote(secret, safe=""), method)
        return ClientAuth(client_id, secret, method)


def error_in(answer: Answer) -> str:
    """Return the error code of an answer (RFC 6749, section 5.2); any text where it is malformed or absent."""
    return str(answer.document.get("error"))


def failed(url: str, answer: Answer) -> ProviderUnavailable:
    """Return the error for an answer that is no success and no refusal of one sign-in; its reason has the provider's words."""
    error = excerpt(error_in(answer))
    description = excerpt(str(answer.document.get("error_description", "")))
    return ProviderUnavailable(f"{url} answered {answer.status}: {error} {description}".rstrip())
