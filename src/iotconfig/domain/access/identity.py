"""Sign-in at an identity provider: the port, and the values that are kept meanwhile."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

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


SESSION_PREFIX: Final = "iots"
"""The prefix of a session's token that a program sends as bearer. Without it, the token would be taken for an access
token of the provider, which an ID token is not."""


@frozen
class TerminalSignIn:
    """A sign-in at a terminal that has begun, and that a person approves with a browser on any machine (RFC 8628)."""

    device_code: str = field(repr=False)
    """Proves to the provider that the same client began and finishes the sign-in; 1 to 4096 ASCII characters."""
    user_code: str
    """What the person enters or compares at the provider; 1 to 64 printable ASCII characters."""
    verification_uri: str
    """Where the person enters the code: an https URL, or http where the issuer's is."""
    verification_uri_complete: str | None
    """The same with the code; None where the provider has no such URL."""
    seconds: int
    """The time in which the person must approve it; 1 to 1800."""
    interval: int
    """Seconds to wait before each request for the session; 1 to 60."""


class Waiting(StrEnum):
    """Why a sign-in at a terminal has no session yet, in the words of RFC 8628, section 3.5."""

    PENDING = "authorization_pending"
    """The person has not approved it yet."""
    SLOW_DOWN = "slow_down"
    """The same, and requests come too often: wait 5 seconds longer before each further one."""


class IdentityProvider(Protocol):
    """Verifies people's tokens, and signs people in. Safe to share between threads and greenlets.

    Every method returns within seconds, even if the provider hangs. Only `finish`, `begin_at_terminal` and
    `finish_at_terminal` send the provider a request for one person.
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

    def begin_at_terminal(self) -> TerminalSignIn:
        """Begin a sign-in at a terminal.

        Raises `Unprocessable` where the provider has no such sign-in or does not allow it to this service, and
        `ExternalServiceError` where it is away.
        """
        ...

    def finish_at_terminal(self, device_code: str) -> Session | Waiting:
        """Exchange the code of a `TerminalSignIn` for a session, once the person has approved it.

        Raises `AuthenticationRequired` where the person refused or was too late, the provider refuses the code or
        its tokens are not valid, and `ExternalServiceError` where it is away.
        """
        ...

    def end_url(self, back: str, id_token: str | None = None) -> str | None:
        """Return the provider's URL that ends its own session and sends the browser to `back`, an absolute URL.

        `id_token`: of the session that ends, so that the provider need not ask for confirmation; it is
        not verified here and may have expired. Returns None where the provider has no such URL or is away.
        """
        ...
