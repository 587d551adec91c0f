"""Cookies of signed-in browsers, and of sign-ins in progress."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import falcon
from attrs import asdict, frozen

from iotconfig.domain.access.identity import Session, SignIn
from iotconfig.domain.access.sign_in import TIME_TO_SIGN_IN
from iotconfig.domain.errors import ExternalServiceError, ValidationFailed

from .signed_values import SignedValues

_SESSION: Final = "access_token"
TOKEN_SESSION: Final = "token_session"  # noqa: S105 - a name
"""The cookie of a browser that signed in with an API token."""
_ID_TOKEN: Final = "id_token"  # noqa: S105 - a name
_SIGN_IN: Final = "sign_in_"
_SIGN_INS: Final = 5
"""Sign-ins in progress per browser: more cookies would not fit into the headers of a request."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST: Final = 4000
"""Maximum bytes of a cookie's value that every browser accepts (RFC 6265, section 6.1), less name and attributes."""
_LARGEST_TOGETHER: Final = 5500
"""Maximum bytes of both tokens: with the cookies of sign-ins in progress, they fit into a header of 8190 bytes."""
_MOST: Final = 16 * 1024
"""Maximum bytes of a `Cookie` header that is parsed."""
_SEPARATOR: Final = re.compile("[;,]")
_JWT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

SIGN_OUT: Final = "/api/auth/logout"
"""The route that ends a session."""


def bound_to_host(name: str) -> str:
    """The name of a cookie that browsers accept from the host itself only, over https.

    Other hosts of the domain cannot plant such a cookie (RFC 6265bis, section 4.1.3.2).
    """
    return f"__Host-{name}"


_SESSIONS: Final = frozenset({_SESSION, bound_to_host(_SESSION), TOKEN_SESSION, bound_to_host(TOKEN_SESSION)})


def cookies_of(req: falcon.Request) -> Mapping[str, str]:
    """The cookies of a request, undecoded; the first of several with the same name.

    The standard library's reader, and so Falcon's, takes quadratic time for
    quoted values before Python 3.13 (CVE-2024-7592): a few lines of header held
    up a worker for seconds. Ours are never quoted. Servers join several headers
    with a comma, which stands in no cookie.
    """
    header = req.env.get("HTTP_COOKIE", "")
    if len(header) > _MOST:
        return {}
    found: dict[str, str] = {}
    for pair in _SEPARATOR.split(header):
        name, _, value = pair.strip().partition("=")
        found.setdefault(name, value)
    return found


def has_session(req: falcon.Request) -> bool:
    """Whether the request has a session cookie, valid or not."""
    return not _SESSIONS.isdisjoint(cookies_of(req))


@frozen
class CookieJar:
    """Sets and reads cookies that are hidden from scripts and not sent with changes from other sites."""

    is_https: bool
    """Whether browsers use https; the cookies are then `Secure`."""
    _signed: SignedValues
    """Signs the cookies of sign-ins."""

    def session(self, req: falcon.Request) -> str | None:
        """The token of the session cookie, or None."""
        return cookies_of(req).get(self._name(_SESSION))

    def keep_session(self, resp: falcon.Response, session: Session) -> None:
        """Set the session cookie. Raises `ExternalServiceError` if the token is too large for a cookie."""
        if len(session.token) > _LARGEST:
            raise ExternalServiceError(
                f"The identity provider's token has {len(session.token)} bytes; a cookie can hold {_LARGEST}: "
                "configure the provider to include fewer roles and claims."
            )
        self._send(resp, self._name(_SESSION), session.token, max_age=session.seconds)
        id_token = session.id_token
        if len(session.token) + len(id_token) <= _LARGEST_TOGETHER and len(id_token) <= _LARGEST:
            # No expiry: the session at the provider may outlive our token.
            self._send(resp, self._id_token_name, id_token, path=SIGN_OUT)

    def id_token(self, req: falcon.Request) -> str | None:
        """The ID token, which the provider needs to end its session; None if it was too large to keep."""
        found = cookies_of(req).get(self._id_token_name, "")
        return found if _JWT.fullmatch(found) else None

    def end_session(self, resp: falcon.Response) -> None:
        """Delete the cookies of the session."""
        self._end(resp, self._name(_SESSION))
        self._send(resp, self._id_token_name, "", path=SIGN_OUT, expires=_LONG_AGO)

    def keep_sign_in(self, req: falcon.Request, resp: falcon.Response, sign_in: SignIn) -> None:
        """Set the signed, short-lived cookie of a sign-in in progress; other tabs may have their own."""
        others = [name for name in cookies_of(req) if name.startswith(self._name(_SIGN_IN))]
        for name in others[: 1 - _SIGN_INS]:
            self._end(resp, name)
        remembered = self._signed.sign(asdict(sign_in))
        self._send(
            resp, self._name_of(sign_in.state), remembered, max_age=int(TIME_TO_SIGN_IN.total_seconds())
        )

    def sign_in(self, req: falcon.Request, state: str) -> SignIn:
        """The sign-in with this state. Raises `ValidationFailed` if this browser did not begin it."""
        kept = cookies_of(req).get(self._name_of(state), "")
        remembered = self._signed.read(kept, TIME_TO_SIGN_IN)
        try:
            return SignIn(**remembered)
        except TypeError:
            raise _not_begun() from None

    def end_sign_in(self, resp: falcon.Response, sign_in: SignIn) -> None:
        """Delete the cookie of a sign-in."""
        self._end(resp, self._name_of(sign_in.state))

    @property
    def _id_token_name(self) -> str:
        # `__Host-` requires the path `/`, and this cookie is for a single route. A cookie that another host
        # of the domain plants can only make the provider end another session.
        return f"__Secure-{_ID_TOKEN}" if self.is_https else _ID_TOKEN

    def _name(self, name: str) -> str:
        return bound_to_host(name) if self.is_https else name

    def _name_of(self, state: str) -> str:
        digest = hashlib.sha256(state.encode(errors="replace")).hexdigest()
        return self._name(_SIGN_IN + digest[:16])

    def _end(self, resp: falcon.Response, name: str) -> None:
        # Browsers delete a `__Host-` cookie only if all its attributes are repeated.
        self._send(resp, name, "", expires=_LONG_AGO)

    def _send(self, resp: falcon.Response, name: str, value: str, path: str = "/", **until: Any) -> None:
        resp.set_cookie(
            name, value, path=path, secure=self.is_https, http_only=True, same_site="Lax", **until
        )


def _not_begun() -> ValidationFailed:
    return ValidationFailed(
        "This browser has no such sign-in from the last ten minutes, or has finished it: "
        "start again at /api/auth/login."
    )
