"""How somebody proves who they are to a provider that is not ours, and what is remembered while they do."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from .principal import Principal


@frozen
class SignIn:
    """A sign-in that was begun, as it is remembered until the browser comes back."""

    state: str
    """Comes back with the browser: random, 128 bits at least, in the URL-safe alphabet of base64."""
    nonce: str = field(repr=False)
    """Comes back in the ID token; as random."""
    verifier: str = field(repr=False)
    """Proves to the provider that who began the sign-in also ends it (PKCE with S256, RFC 7636)."""
    redirect: str
    """Where the browser goes in the end: a path of the service."""


@frozen
class Session:
    """A signed-in browser."""

    token: str = field(repr=False)
    """What its cookie carries."""
    seconds: int
    """For how long it holds; 1 at least."""
    principal: Principal
    id_token: str = field(default="", repr=False)
    """What the provider is shown when the session ends; empty where there is none."""


class IdentityProvider(Protocol):
    """Knows people. Safe to share between threads, and between greenlets.

    Every method answers within seconds, whatever the provider does, and none but
    `finish` asks it about one single person.
    """

    def principal_of(self, access_token: str) -> Principal:
        """Whose access token this is, sent as bearer.

        Raises `AuthenticationRequired` where the token does not hold, and
        `ExternalServiceError` where the provider is away and its keys are not
        known, or were heard of too long ago.
        """
        ...

    def principal_of_session(self, token: str) -> Principal:
        """Whose session this is, by the token of its cookie.

        It is an access token, or the ID token where the provider's access tokens
        are opaque. Raises as `principal_of`.
        """
        ...

    def begin(self, callback: str, redirect: str) -> tuple[SignIn, str]:
        """A new sign-in, and the provider's URL to send the browser to.

        `callback`: the absolute URL that the provider sends it back to. `redirect`
        is remembered, and not looked at. Raises `ExternalServiceError`.
        """
        ...

    def finish(self, callback: str, sign_in: SignIn, code: str, issuer: str | None) -> Session:
        """Exchange the code that the browser brought back.

        `callback`: as it was in `begin`. `issuer`: the callback's parameter `iss`
        (RFC 9207), checked where it came. That the state is the sign-in's, and that
        it comes back once only, is for the caller to check.

        Raises `AuthenticationRequired` where the provider refuses the code, or
        where its tokens do not hold, and `ExternalServiceError` where it is away.
        """
        ...

    def end_url(self, back: str, id_token: str | None = None) -> str | None:
        """The provider's URL that ends its own session with the browser, and sends that to `back` (absolute).

        `id_token`: of the session that ends. It tells the provider whose that is, so that it
        need not ask the person; it is not verified here, and may have expired. None where the provider has no such URL, or is away.
        """
        ...
