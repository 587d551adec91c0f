"""Sign-ins at terminals: the state that their two routes share, and the bounds of what they cost."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.http.problems import Refused
from iotconfig.domain.access.identity import Session, TerminalSignIn, Waiting
from iotconfig.domain.access.sign_in import SignInService
from iotconfig.domain.access.throttle import Throttle
from iotconfig.domain.errors import AuthenticationRequired

from .sign_in_throttle import SignInThrottle
from .signed_values import SignedValues

_LONGEST: Final = timedelta(minutes=30)
"""The longest time for which a provider lets a person approve a sign-in."""


@frozen
class Terminals:
    """Begins and finishes sign-ins at terminals. Nothing of a sign-in is kept here: the terminal has it, signed."""

    service: SignInService | None
    """None: there is no identity provider."""
    failed: SignInThrottle
    polls: Throttle
    """Limits how often the provider is asked for one sign-in."""
    signed: SignedValues

    def begin(self, req: falcon.Request) -> tuple[TerminalSignIn, str]:
        """Begin a sign-in. Returns it with the text by which the terminal asks for its session.

        Raises `Refused` (404) where sign-in is not configured, `TooManyRequests`, and as the service does.
        """
        service = self._configured()
        # Each costs a request to the provider, whether it is ever approved or not.
        self.failed.record(req)
        sign_in = service.begin_at_terminal()
        return sign_in, self.signed.sign(sign_in.device_code)

    def finish(self, req: falcon.Request, text: str) -> Session | Waiting:
        """Return the session of a sign-in, or why there is none yet. `text`: from `begin`.

        Raises `AuthenticationRequired` also for a text that is not from `begin`, without a request to the provider.
        """
        service = self._configured()
        self.failed.check(req)
        with self.failed.watch(req):
            device_code = self.signed.read(text, _LONGEST)
            if not isinstance(device_code, str):
                raise AuthenticationRequired("The sign-in is unknown, or began long ago: begin again.")
            if self.polls.seconds_to_wait(sha256(device_code.encode()).hexdigest()):
                return Waiting.SLOW_DOWN
            return service.finish_at_terminal(device_code)

    def _configured(self) -> SignInService:
        if self.service is None:
            raise Refused(
                "ROUTE_NOT_FOUND", "No identity provider is configured: set OIDC_ENABLED and OIDC_…."
            )
        return self.service
