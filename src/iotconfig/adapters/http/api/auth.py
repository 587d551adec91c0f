"""The routes of `/api/auth`: sign-in and sign-out of browsers, and the identity of the caller."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.adapters.http.access.authentication import Authentication
from iotconfig.adapters.http.access.sign_ins import CALLBACK, SignIns
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.api.description import PAGE
from iotconfig.adapters.http.requests.queries import NoQuery, parameter, read_query, text
from iotconfig.domain.access.identity import Session, SignIn
from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR, Role
from iotconfig.domain.access.principal import Principal as Caller
from iotconfig.domain.access.sign_in import SignInService
from iotconfig.domain.errors import AuthenticationRequired, ValidationFailed

AFTERWARDS: Final = PAGE
"""The default redirect target after sign-out: a page that always exists."""

_ERROR: Final = re.compile(r"[a-z_]{1,64}")


_PATH: Final = text(maxLength=2000)


@frozen
class LoginQuery:
    """The query string of `/api/auth/login`."""

    redirect: str = parameter(
        _PATH, "A path of this service, or a URL with its origin", "", is_required=True, example="/"
    )


@frozen
class LogoutQuery:
    """The query string of `/api/auth/logout`."""

    redirect: str = parameter(_PATH, "A path of this service, or a URL with its origin", AFTERWARDS)


@frozen
class CallbackQuery:
    """The query string of the redirect from the identity provider, which may add parameters."""

    state: str | None = parameter(text(), "The state of the sign-in")
    code: str | None = parameter(text(), "The authorization code")
    error: str | None = parameter(text(), "The error of the provider, if there is no code")
    iss: str | None = parameter(text(), "The issuer, if the provider sends it (RFC 9207)")


@answer
@frozen
class Principal:
    """The answer to `GET /api/auth/self`."""

    subject: Annotated[str, "The author of the caller's changes"]
    email: str | None
    name: str | None
    roles: Sequence[Role]

    @staticmethod
    def of(caller: Caller) -> Principal:
        """The answer about this caller."""
        return Principal(caller.subject, caller.email, caller.name, sorted(caller.roles))


@frozen
class SelfResource:
    """`/api/auth/self`: the caller."""

    authentication: Authentication | None

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        caller = LOCAL_ADMINISTRATOR
        if self.authentication is not None:
            found = self.authentication.identify(req)
            if found is None:
                raise AuthenticationRequired(self.authentication.invitation)
            caller = found
        send(resp, Principal.of(caller))
        resp.set_header("Cache-Control", "no-store")


@frozen
class LoginResource:
    """`/api/auth/login`: redirects to the identity provider, and from there to `redirect`."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        redirect = self.sign_ins.path(req, read_query(req, LoginQuery).redirect)
        callback = self.sign_ins.own_origin + CALLBACK
        sign_in, url = self.sign_ins.configured().begin(callback, redirect)
        self.sign_ins.cookies.keep_sign_in(req, resp, sign_in)
        _send_to(resp, url)


@frozen
class CallbackResource:
    """`/api/auth/callback`: the redirect target of the identity provider, which may add parameters."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        service, failed = self.sign_ins.configured(), self.sign_ins.failed
        # Each attempt costs a database row and a request to the provider.
        failed.check(req)
        try:
            with failed.watch(req):
                sign_in, session = self._finish(req, resp, service)
        except ValidationFailed:
            failed.record(req)
            raise
        if self.sign_ins.token_sessions is not None:
            self.sign_ins.token_sessions.end(req, resp)
        self.sign_ins.cookies.keep_session(resp, session)
        # Validated again: the value comes from the browser, and the signing key may have leaked.
        _send_to(resp, self.sign_ins.path(req, sign_in.redirect))

    def _finish(
        self, req: falcon.Request, resp: falcon.Response, service: SignInService
    ) -> tuple[SignIn, Session]:
        query = read_query(req, CallbackQuery, ignore_unknown=True)
        if query.error is not None:
            reason = query.error if _ERROR.fullmatch(query.error) else "an error"
            raise AuthenticationRequired(f"The identity provider did not sign you in: {reason}.")
        code, state = _given("code", query.code), _given("state", query.state)
        sign_in = self.sign_ins.cookies.sign_in(req, state)
        self.sign_ins.cookies.end_sign_in(resp, sign_in)
        callback = self.sign_ins.own_origin + CALLBACK
        return sign_in, service.finish(callback, sign_in, state, code, query.iss)


@frozen
class LogoutResource:
    """`/api/auth/logout`: ends the session here and at the provider, then redirects to `redirect`."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        back = self.sign_ins.path(req, read_query(req, LogoutQuery).redirect)
        cookies, service, own_origin = self.sign_ins.cookies, self.sign_ins.service, self.sign_ins.own_origin
        sessions = self.sign_ins.token_sessions
        at_provider = None
        if sessions is not None and sessions.is_there(req):
            # The provider did not begin this session.
            sessions.end(req, resp)
        elif service is not None and own_origin:
            # Without the ID token the provider asks the user: another site must not sign them out silently.
            is_own = req.get_header("Sec-Fetch-Site") != "cross-site"
            at_provider = service.end_url(own_origin + back, cookies.id_token(req) if is_own else None)
        cookies.end_session(resp)
        _send_to(resp, at_provider or back)


def _given(name: str, value: str | None) -> str:
    """The value of a parameter that the redirect must have. Raises `ValidationFailed`."""
    if not value:
        raise ValidationFailed(f"The redirect of the identity provider has no {name}.", parameter=name)
    return value


def _send_to(resp: falcon.Response, url: str) -> None:
    resp.status = falcon.HTTP_302
    resp.location = url
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("Referrer-Policy", "no-referrer")
