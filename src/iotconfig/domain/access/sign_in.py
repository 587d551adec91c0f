"""Sign-in with a browser, and at a terminal. Each sign-in can be finished once."""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Final

from attrs import frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.replay_guard import GuardedStore

from .identity import IdentityProvider, Session, SignIn, TerminalSignIn, Waiting

TIME_TO_SIGN_IN: Final = timedelta(minutes=10)
"""The time in which a sign-in must be finished."""


@frozen
class SignInService:
    """Signs people in at the identity provider. The methods raise as the provider's do."""

    provider: IdentityProvider
    store: GuardedStore
    clock: Clock

    def begin(self, callback: str, redirect: str) -> tuple[SignIn, str]:
        """Begin a sign-in. Returns the values to keep, and the URL to send the browser to."""
        return self.provider.begin(callback, redirect)

    def finish(self, callback: str, sign_in: SignIn, state: str, code: str, issuer: str | None) -> Session:
        """Finish a sign-in. Returns the session.

        `sign_in`: from `begin`. `state`, `code`, `issuer`: parameters of the callback.
        Raises `ValidationFailed` where the state is another one or was used before;
        may raise `StoreUnavailable`.
        """
        if not hmac.compare_digest(sign_in.state.encode(), state.encode(errors="replace")):
            raise ValidationFailed("The state belongs to another sign-in: begin again at /api/auth/login.")
        now = self.clock()
        key = f"sign-in {sha256(state.encode()).hexdigest()}"
        with self.store.writing() as work:
            is_first = work.replay_guard.claim(key, now, now + TIME_TO_SIGN_IN)
        if not is_first:
            raise ValidationFailed("This sign-in was finished before: begin again at /api/auth/login.")
        return self.provider.finish(callback, sign_in, code, issuer)

    def begin_at_terminal(self) -> TerminalSignIn:
        """Begin a sign-in at a terminal."""
        return self.provider.begin_at_terminal()

    def finish_at_terminal(self, device_code: str) -> Session | Waiting:
        """Exchange the code of a sign-in at a terminal for a session. The provider accepts it once."""
        return self.provider.finish_at_terminal(device_code)

    def end_url(self, back: str, id_token: str | None = None) -> str | None:
        """Return the provider's URL that ends its own session and sends the browser to `back`; None without one."""
        return self.provider.end_url(back, id_token)
