"""Sign-in at a terminal, through a service: it shows a page and a code, and waits until a person has approved."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from time import monotonic, sleep
from typing import Final
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from iotconfig.domain.access.identity import SESSION_PREFIX, Waiting
from iotconfig.domain.errors import AuthenticationRequired, TooManyRequests

from .answers import RemoteUseCases
from .bodies import body_of
from .connection import Request
from .problems import RouteMissing

_BEGIN: Final = "/api/auth/terminal"
_TOKEN: Final = "/api/auth/terminal/token"  # noqa: S105 - a path
_LONGEST_SECONDS: Final = 1800
_LONGEST_INTERVAL: Final = 60
_SLOWER: Final = 5
"""Seconds that are added to the interval at each `slow_down` (RFC 8628, section 3.5)."""
_USER_CODE: Final = re.compile(r"[ -~]{1,64}")
_PAGE: Final = re.compile(r"[!-~]{1,2000}")
_SESSION: Final = re.compile(rf"{SESSION_PREFIX}_[A-Za-z0-9._~+/-]{{16,16000}}=*")
_LONGEST_SESSION: Final = 400 * 24 * 3600


@frozen
class RemoteTerminalSignIn:
    """A sign-in that has begun, as a service describes it."""

    sign_in: str = field(repr=False)
    """By which the service knows it."""
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_in: int
    """Seconds in which a person must approve it."""
    interval: int
    """Seconds to wait before each request for the session."""


@frozen
class RemoteSession:
    """What a sign-in gives."""

    token: str = field(repr=False)
    expires_in: int
    """Seconds for which it is valid."""


@frozen
class _Answer:
    status: str


@frozen
class RemoteTerminalSignIns(RemoteUseCases):
    """Signs a person in. What a service answers is bounded: it can neither change the terminal nor keep it waiting."""

    pause: Callable[[float], object] = sleep
    clock: Callable[[], float] = monotonic
    """Seconds."""

    def begin(self) -> RemoteTerminalSignIn | None:
        """Begin a sign-in; None where the service has no identity provider, or is too old to sign in at a terminal.

        Raises `Unprocessable` where its identity provider does not offer this sign-in.
        """
        try:
            found = self.entity(Request("POST", _BEGIN), RemoteTerminalSignIn)
        except RouteMissing:
            return None
        pages = (found.verification_uri, found.verification_uri_complete or found.verification_uri)
        if _USER_CODE.fullmatch(found.user_code) is None or not all(map(self._is_page, pages)):
            raise self.malformed()
        return evolve(
            found,
            expires_in=_within(found.expires_in, _LONGEST_SECONDS),
            interval=_within(found.interval, _LONGEST_INTERVAL),
        )

    def session(self, sign_in: RemoteTerminalSignIn) -> RemoteSession:
        """Wait until a person has approved the sign-in, and return its session.

        Raises `AuthenticationRequired` where the person refuses, or does not approve it in time.
        """
        interval, until = sign_in.interval, self.clock() + sign_in.expires_in
        while self.clock() < until:
            self.pause(interval)
            found = self._asked(sign_in)
            if isinstance(found, RemoteSession):
                return found
            if found is Waiting.SLOW_DOWN:
                interval += _SLOWER
        raise AuthenticationRequired("The sign-in was not approved in time: run 'iotconfig login' again.")

    def _asked(self, sign_in: RemoteTerminalSignIn) -> RemoteSession | Waiting:
        try:
            answer = self.service.ask(Request("POST", _TOKEN, body=body_of(sign_in=sign_in.sign_in)))
        except TooManyRequests:
            return Waiting.SLOW_DOWN
        except AuthenticationRequired as error:
            # Not about a token, which the request did not have.
            raise AuthenticationRequired(str(error.details["sentence"])) from None
        if answer.status == HTTPStatus.ACCEPTED:
            status = self.read(answer.body, _Answer).status
            return Waiting.SLOW_DOWN if status == Waiting.SLOW_DOWN else Waiting.PENDING
        session = self.read(answer.body, RemoteSession)
        if _SESSION.fullmatch(session.token) is None:
            raise self.malformed()
        return evolve(session, expires_in=_within(session.expires_in, _LONGEST_SESSION))

    def _is_page(self, url: str) -> bool:
        """Whether it is an https URL, or http where the service's own is."""
        schemes = ("https",) if self.service.address.is_encrypted else ("https", "http")
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return bool(_PAGE.fullmatch(url)) and parts.scheme in schemes and bool(parts.hostname)


def _within(seconds: int, most: int) -> int:
    return min(max(seconds, 1), most)
