"""The device authorization grant (RFC 8628), in which a person at a terminal signs in with a browser elsewhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from authlib.common.urls import url_encode
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE

from iotconfig.domain.access.identity import TerminalSignIn, Waiting
from iotconfig.domain.errors import AuthenticationRequired, Unprocessable

from .client import RegisteredClient, TokenResponse, error_in, failed
from .device_authorization import sign_in_of
from .faults import ProviderUnavailable
from .metadata import Metadata
from .registration import Registration

_NOT_ALLOWED: Final = frozenset({"unauthorized_client", "unsupported_grant_type"})
"""Errors (RFC 6749, section 5.2) of a provider whose registration of the service lacks this grant."""
_WAITING: Final = {reason.value: reason for reason in Waiting}
_REFUSALS: Final = {
    "access_denied": "The sign-in was refused at the identity provider.",
    "expired_token": "The sign-in was not approved in time: begin again.",
    "invalid_grant": "The sign-in failed: the identity provider refused its code. Begin again.",
}


class TerminalFlow:
    """Begins sign-ins at terminals, and asks for their tokens."""

    def __init__(self, registration: Registration, client: RegisteredClient) -> None:
        self._registration = registration
        self._client = client

    def begin(self, metadata: Metadata) -> TerminalSignIn:
        """Begin a sign-in. Raises `Unprocessable` where the provider does not offer it, and `ProviderUnavailable`."""
        endpoint = metadata.device_authorization_endpoint
        if endpoint is None:
            raise _not_offered()
        form = url_encode([("scope", self._registration.scopes)])
        answer = self._client.post(metadata, endpoint, form, names_itself=True)
        if answer.status == HTTPStatus.OK:
            return sign_in_of(answer.document, is_secure=self._registration.issuer.startswith("https:"))
        if error_in(answer) in _NOT_ALLOWED:
            raise _not_offered()
        raise failed(endpoint, answer)

    def finish(self, metadata: Metadata, device_code: str) -> TokenResponse | Waiting:
        """Exchange a device code for tokens. Raises `AuthenticationRequired` and `ProviderUnavailable`."""
        if metadata.token_endpoint is None:
            raise ProviderUnavailable("the provider has no token endpoint")
        form = prepare_token_request(DEVICE_CODE_GRANT_TYPE, device_code=device_code)
        answer = self._client.post(metadata, metadata.token_endpoint, form)
        if answer.status == HTTPStatus.OK:
            return self._client.tokens_in(answer)
        error = error_in(answer)
        if error in _WAITING:
            return _WAITING[error]
        if error in _REFUSALS:
            raise AuthenticationRequired(_REFUSALS[error])
        raise failed(metadata.token_endpoint, answer)


def _not_offered() -> Unprocessable:
    return Unprocessable(
        "The identity provider does not offer this service the sign-in at a terminal (OAuth's device authorization grant)."
    )
