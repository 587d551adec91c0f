"""The two cookies of a browser that signs in: one on the way to the provider, one afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import falcon
from attrs import asdict, field, frozen
from itsdangerous import BadData, URLSafeTimedSerializer

from iotconfig.domain.errors import ExternalServiceError, ValidationFailed
from iotconfig.domain.identity import Session, SignIn
from iotconfig.domain.sign_in import TIME_TO_SIGN_IN

_SESSION: Final = "access_token"
_SIGN_IN: Final = "sign_in"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST: Final = 4000
"""Bytes that every browser takes in a cookie's value (RFC 6265, section 6.1), less its name and attributes."""


@frozen
class CookieJar:
    """Cookies that scripts cannot read and other sites cannot have sent along with a change."""

    is_https: bool
    """Whether browsers reach the service over https: then the cookies travel over nothing else."""
    _secret: str = field(repr=False)
    """What the cookie of a sign-in is signed with; the same in every process that serves."""

    def session(self, req: falcon.Request) -> str | None:
        """The token of the session cookie, or None."""
        return self._value(req, _SESSION)

    def keep_session(self, resp: falcon.Response, session: Session) -> None:
        """Sign the browser in. Raises `ExternalServiceError` for a token that no cookie can hold."""
        if len(session.token) > _LARGEST:
            raise ExternalServiceError(
                f"The identity provider's token has {len(session.token)} bytes, and a cookie holds {_LARGEST}: "
                "have the provider put fewer roles and claims into it."
            )
        self._set(resp, _SESSION, session.token, timedelta(seconds=session.seconds))

    def end_session(self, resp: falcon.Response) -> None:
        """Sign the browser out."""
        self._end(resp, _SESSION)

    def keep_sign_in(self, resp: falcon.Response, sign_in: SignIn) -> None:
        """Remember, in the browser, a sign-in that was begun: signed, and for a short time."""
        self._set(resp, _SIGN_IN, self._signer().dumps(asdict(sign_in)), TIME_TO_SIGN_IN)

    def sign_in(self, req: falcon.Request) -> SignIn:
        """The sign-in that this browser began. Raises `ValidationFailed` where there is none of ours in time."""
        try:
            remembered = self._signer().loads(
                self._value(req, _SIGN_IN) or "", max_age=int(TIME_TO_SIGN_IN.total_seconds())
            )
        except BadData:
            raise ValidationFailed(
                "This browser began no sign-in here within the last ten minutes: begin again at /api/auth/login."
            ) from None
        return SignIn(**remembered)

    def end_sign_in(self, resp: falcon.Response) -> None:
        """Forget the sign-in that was begun."""
        self._end(resp, _SIGN_IN)

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt="iotconfig.sign-in")

    def _name(self, name: str) -> str:
        # Browsers take this prefix from the very host only, over https: no other host of the
        # domain can plant a cookie of its own (RFC 6265bis, section 4.1.3.2).
        return f"__Host-{name}" if self.is_https else name

    def _value(self, req: falcon.Request, name: str) -> str | None:
        values = req.get_cookie_values(self._name(name))
        return values[0] if values else None

    def _set(self, resp: falcon.Response, name: str, value: str, keep_for: timedelta) -> None:
        self._send(resp, name, value, max_age=int(keep_for.total_seconds()))

    def _end(self, resp: falcon.Response, name: str) -> None:
        # With all attributes of the cookie that it ends: browsers take none of `__Host-` without.
        self._send(resp, name, "", expires=_LONG_AGO)

    def _send(self, resp: falcon.Response, name: str, value: str, **until: Any) -> None:
        resp.set_cookie(
            self._name(name),
            value,
            path="/",
            secure=self.is_https,
            http_only=True,
            same_site="Lax",
            **until,
        )
