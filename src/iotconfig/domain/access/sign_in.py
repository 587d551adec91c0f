"""Signing in with a browser: begun once, finished once."""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Final

from attrs import frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.replay_guard import GuardedStore

from .identity import IdentityProvider, Session, SignIn

TIME_TO_SIGN_IN: Final = timedelta(minutes=10)
"""How long somebody may be at the identity provider."""


@frozen
class SignInService:
    """Sends browsers to the identity provider and takes them back. Its methods raise as the provider's do."""

    provider: IdentityProvider
    store: GuardedStore
    clock: Clock

    def begin(self, callback: str, redirect: str) -> tuple[SignIn, str]:
        """What is to be remembered of a new sign-in, and the URL to send the browser to."""
        return self.provider.begin(callback, redirect)

    def finish(self, callback: str, sign_in: SignIn, state: str, code: str, issuer: str | None) -> Session:
        """The session that a sign-in ends in.

        `sign_in` is what was remembered; `state`, `code` and `issuer` came back
        with the browser. Raises `ValidationFailed` where they do not belong
        together, or came back before; may raise `StoreUnavailable`.
        """
        if not hmac.compare_digest(sign_in.state.encode(), state.encode(errors="replace")):
            raise ValidationFailed("The state is another sign-in's: begin again at /api/auth/login.")
        now = self.clock()
        key = f"sign-in {sha256(state.encode()).hexdigest()}"
        with self.store.writing() as work:
            is_first = work.replay_guard.claim(key, now, now + TIME_TO_SIGN_IN)
        if not is_first:
            raise ValidationFailed("This sign-in was finished before: begin again at /api/auth/login.")
        return self.provider.finish(callback, sign_in, code, issuer)

    def end_url(self, back: str, id_token: str | None = None) -> str | None:
        """Where the provider ends its own session, then sends the browser `back`; None where it cannot."""
        return self.provider.end_url(back, id_token)
