"""Failed sign-ins, slowed down for each source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import falcon
from attrs import frozen

from iotconfig.adapters.networks import Network
from iotconfig.domain.access.throttle import Throttle
from iotconfig.domain.errors import AuthenticationRequired, TooManyRequests

from .sources import source_of


@frozen
class SignInThrottle:
    """Slows down the sources of failed sign-ins; others behind the same address do not notice.

    What is presented is always looked at first: one device with a token of
    yesterday must not keep out the thousands that share its router. To guess
    is no use, whatever the rate: secrets have 256 random bits.
    """

    throttle: Throttle
    proxies: Sequence[Network] = ()
    """Whose `X-Forwarded-For` is believed."""

    @contextmanager
    def watch(self, req: falcon.Request) -> Iterator[None]:
        """Count the sign-in that fails inside the block. Raises `TooManyRequests` in place of the one too many."""
        try:
            yield
        except AuthenticationRequired:
            self.record(req)
            raise

    def check(self, req: falcon.Request) -> None:
        """Look at nothing of a source that failed too often. Raises `TooManyRequests`.

        For what only browsers ask, one by one, and what is dear to look at.
        """
        if wait := self.throttle.seconds_left(source_of(req, self.proxies)):
            raise _too_many(wait)

    def record(self, req: falcon.Request) -> None:
        """Count a failed sign-in. Raises `TooManyRequests` where it is one too many."""
        if wait := self.throttle.seconds_to_wait(source_of(req, self.proxies)):
            raise _too_many(wait) from None


def _too_many(wait: int) -> TooManyRequests:
    return TooManyRequests(f"Too many sign-ins from here failed: try again in {wait} seconds.", wait)
