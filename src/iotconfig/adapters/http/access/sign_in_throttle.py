"""Throttles failed sign-ins per source."""

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
    """Slows down sources of failed sign-ins.

    Valid credentials are always accepted: one device with an outdated token must not
    lock out thousands behind the same router. Guessing is hopeless at any rate:
    secrets have 256 random bits.
    """

    throttle: Throttle
    proxies: Sequence[Network] = ()
    """Networks of trusted proxies: their `X-Forwarded-For` is evaluated."""

    @contextmanager
    def watch(self, req: falcon.Request) -> Iterator[None]:
        """Count a sign-in that fails inside the block. Raises `TooManyRequests` above the limit."""
        try:
            yield
        except AuthenticationRequired:
            self.record(req)
            raise

    def check(self, req: falcon.Request) -> None:
        """Raise `TooManyRequests` for a source above the limit, before its credentials are checked.

        For expensive checks that only browsers request.
        """
        if wait := self.throttle.seconds_left(source_of(req, self.proxies)):
            raise _too_many(wait)

    def record(self, req: falcon.Request) -> None:
        """Count a failed sign-in. Raises `TooManyRequests` above the limit."""
        if wait := self.throttle.seconds_to_wait(source_of(req, self.proxies)):
            raise _too_many(wait) from None


def _too_many(wait: int) -> TooManyRequests:
    return TooManyRequests(f"Too many failed sign-ins from this address: try again in {wait} seconds.", wait)
