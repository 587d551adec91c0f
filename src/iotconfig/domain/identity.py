"""Identity providers: who signs people in, and vouches for them."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from .access import Principal


@frozen
class SignIn:
    """A sign-in that was begun, as it is remembered until the browser comes back."""

    state: str
    nonce: str
    verifier: str = field(repr=False)
    redirect: str


@frozen
class Session:
    """A signed-in browser."""

    token: str = field(repr=False)
    seconds: int
    principal: Principal


class IdentityProvider(Protocol):
    """Placeholder until the adapter's branch is merged."""

    def principal_of(self, access_token: str) -> Principal: ...

    def principal_of_session(self, token: str) -> Principal: ...

    def begin(self, callback: str, redirect: str) -> tuple[SignIn, str]: ...

    def finish(self, callback: str, sign_in: SignIn, code: str, issuer: str | None) -> Session: ...

    def end_url(self, back: str) -> str | None: ...
