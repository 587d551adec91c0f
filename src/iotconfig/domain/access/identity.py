"""Sign-in at an identity provider: the port, and the values that are kept meanwhile."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from .principal import Principal


@frozen
class SignIn:
    """A sign-in that has begun, kept until the browser returns."""

    state: str
    """Returns with the browser: at least 128 random bits in URL-safe base64."""
    nonce: str = field(repr=False)
    """Returns in the ID token; equally random."""
    verifier: str = field(repr=False)
    """Proves to the provider that the same client began and finishes the sign-in (PKCE with S256, RFC 7636)."""
    redirect: str
    """The path of the service to which the browser is sent after the sign-in."""


@frozen
class Session:
    """A signed-in browser."""

    token: str = field(repr=False)
    """The token in the browser's cookie."""
    seconds: int
    """Its lifetime; at least 1."""
    principal: Principal
    id_token: str = field(default="", repr=False)
    """The ID token to send when the session ends; empty if there is none."""


class IdentityProvider(Protocol):
    """Verifies people's tokens, and signs browsers in. Safe to share between threads and greenlets.

    Every method returns within seconds, even if the provider hangs. Only `finish`
    sends the provider a request for one person.
    """

    def principal_of(self, access_token: str) -> Principal:
        """Return the principal of an access token that was sent as bearer.

        Raises `AuthenticationRequired` where the token is not valid, and
        `ExternalServiceError` where the provider is away and its keys are not
        cached, or are too old.
        """
        ...

    def principal_of_session(self, token: str) -> Principal:
        """Return the principal of a session, by the token in its cookie.

        That is an access token, or the ID token where the provider's access tokens
        are opaque. Raises as `principal_of` does.
        """
        ...

    def begin(self, callback: str, redirect: str) -> tuple[SignIn, str]:
        """Begin a sign-in. Returns it with the provider's URL to send the browser to.

        `callback`: the absolute URL to which the provider sends the browser back.
        `redirect`: stored in the sign-in as it is. Raises `ExternalServiceError`.
        """
        ...

    def finish(self, callback: str, sign_in: SignIn, code: str, issuer: str | None) -> Session:
        """Exchange the code of the callback for a session.

        `callback`: as in `begin`. `issuer`: the callback's parameter `iss` (RFC 9207),
        checked if present. The caller checks that the state is the sign-in's, and
        that it is used once only.

        Raises `AuthenticationRequired` where the provider refuses the code or its
        tokens are not valid, and `ExternalServiceError` where it is away.
        """
        ...

    def end_url(self, back: str, id_token: str | None = None) -> str | None:
        """Return the provider's URL that ends its own session and sends the browser to `back`, an absolute URL.

        `id_token`: of the session that ends, so that the provider need not ask for confirmation; it is
        not verified here and may have expired. Returns None where the provider has no such URL or is away.
        """
        ...
