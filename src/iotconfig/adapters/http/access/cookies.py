"""The cookies of a browser that signs in: one on each way to the provider, one afterwards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import falcon
from attrs import asdict, field, frozen
from itsdangerous import BadData, URLSafeTimedSerializer

from iotconfig.domain.access.identity import Session, SignIn
from iotconfig.domain.access.sign_in import TIME_TO_SIGN_IN
from iotconfig.domain.errors import ExternalServiceError, ValidationFailed

_SESSION: Final = "access_token"
_ID_TOKEN: Final = "id_token"  # noqa: S105 - a name
_SIGN_IN: Final = "sign_in_"
_SIGN_INS: Final = 5
"""Tabs in which one browser may be on its way: more cookies would not fit into the headers of a request."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SKEW: Final = timedelta(minutes=1)
"""How far the clocks of machines that serve together may be apart."""
_LARGEST: Final = 4000
"""Bytes that every browser takes in a cookie's value (RFC 6265, section 6.1), less its name and attributes."""
_LARGEST_TOGETHER: Final = 5500
"""Bytes of both tokens: beside those of the tabs that sign in, they fit into one header of 8190 bytes."""
_MOST: Final = 16 * 1024
"""Bytes of cookies that are looked at; browsers send no more than a header of a request may have."""
_SEPARATOR: Final = re.compile("[;,]")
_JWT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

SIGN_OUT: Final = "/api/auth/logout"
"""The route that ends a session."""


def cookies_of(req: falcon.Request) -> Mapping[str, str]:
    """The cookies of a request, each as it was sent; of two with one name, the first.

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


@frozen
class CookieJar:
    """Cookies that scripts cannot read and other sites cannot have sent along with a change."""

    is_https: bool
    """Whether browsers reach the service over https: then the cookies travel over nothing else."""
    _secret: str = field(repr=False)
    """What the cookie of a sign-in is signed with; the same in every process that serves."""

    def session(self, req: falcon.Request) -> str | None:
        """The token of the session cookie, or None."""
        return cookies_of(req).get(self._name(_SESSION))

    def keep_session(self, resp: falcon.Response, session: Session) -> None:
        """Sign the browser in. Raises `ExternalServiceError` for a token that no cookie can hold."""
        if len(session.token) > _LARGEST:
            raise ExternalServiceError(
                f"The identity provider's token has {len(session.token)} bytes, and a cookie holds {_LARGEST}: "
                "have the provider put fewer roles and claims into it."
            )
        self._send(resp, self._name(_SESSION), session.token, max_age=session.seconds)
        id_token = session.id_token
        if len(session.token) + len(id_token) <= _LARGEST_TOGETHER and len(id_token) <= _LARGEST:
            # Until the browser ends: the provider's session may outlive the token of ours.
            self._send(resp, self._id_token_name, id_token, path=SIGN_OUT)

    def id_token(self, req: falcon.Request) -> str | None:
        """What the provider is to be shown when it ends its session; None where that was too large to keep."""
        found = cookies_of(req).get(self._id_token_name, "")
        return found if _JWT.fullmatch(found) else None

    def end_session(self, resp: falcon.Response) -> None:
        """Sign the browser out."""
        self._end(resp, self._name(_SESSION))
        self._send(resp, self._id_token_name, "", path=SIGN_OUT, expires=_LONG_AGO)

    def keep_sign_in(self, req: falcon.Request, resp: falcon.Response, sign_in: SignIn) -> None:
        """Remember, in the browser, a sign-in that was begun: signed, for a short time, beside those of other tabs."""
        others = [name for name in cookies_of(req) if name.startswith(self._name(_SIGN_IN))]
        for name in others[: 1 - _SIGN_INS]:
            self._end(resp, name)
        remembered = self._signer().dumps(asdict(sign_in))
        self._send(
            resp, self._name_of(sign_in.state), remembered, max_age=int(TIME_TO_SIGN_IN.total_seconds())
        )

    def sign_in(self, req: falcon.Request, state: str) -> SignIn:
        """The sign-in with this state, where this browser began it. Raises `ValidationFailed` for any other."""
        kept = cookies_of(req).get(self._name_of(state), "")
        try:
            remembered, signed_at = self._signer().loads(kept, return_timestamp=True)
            age = datetime.now(UTC) - signed_at
            sign_in = SignIn(**remembered)
        except (BadData, TypeError):
            raise _not_begun() from None
        if not -_SKEW <= age <= TIME_TO_SIGN_IN:
            raise _not_begun()
        return sign_in

    def end_sign_in(self, resp: falcon.Response, sign_in: SignIn) -> None:
        """Forget a sign-in that was begun."""
        self._end(resp, self._name_of(sign_in.state))

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secret, salt="iotconfig.sign-in", signer_kwargs={"digest_method": hashlib.sha256}
        )

    @property
    def _id_token_name(self) -> str:
        # `__Host-` is for cookies of the whole host; this one is sent to a single route. One that another
        # host of the domain planted would tell the provider whom to sign out, and no more.
        return f"__Secure-{_ID_TOKEN}" if self.is_https else _ID_TOKEN

    def _name(self, name: str) -> str:
        # Browsers take this prefix from the very host only, over https: no other host of the
        # domain can plant a cookie of its own (RFC 6265bis, section 4.1.3.2).
        return f"__Host-{name}" if self.is_https else name

    def _name_of(self, state: str) -> str:
        digest = hashlib.sha256(state.encode(errors="replace")).hexdigest()
        return self._name(_SIGN_IN + digest[:16])

    def _end(self, resp: falcon.Response, name: str) -> None:
        # With all attributes of the cookie that it ends: browsers take none of `__Host-` without.
        self._send(resp, name, "", expires=_LONG_AGO)

    def _send(self, resp: falcon.Response, name: str, value: str, path: str = "/", **until: Any) -> None:
        resp.set_cookie(
            name, value, path=path, secure=self.is_https, http_only=True, same_site="Lax", **until
        )


def _not_begun() -> ValidationFailed:
    return ValidationFailed(
        "This browser began no such sign-in within the last ten minutes, or has finished it: "
        "begin again at /api/auth/login."
    )
