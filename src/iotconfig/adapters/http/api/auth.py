"""`/api/auth`: signing in and out with a browser, and who one is."""

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
from iotconfig.adapters.http.requests.queries import NoQuery, parameter, read_query, text
from iotconfig.domain.access.identity import Session, SignIn
from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR, Role
from iotconfig.domain.access.sign_in import SignInService
from iotconfig.domain.errors import AuthenticationRequired, ValidationFailed

AFTERWARDS: Final = "/api/docs"
"""Where a browser goes that signed out without saying where to: a page that is there with or without a web client."""

_ERROR: Final = re.compile(r"[a-z_]{1,64}")


_PATH: Final = text(maxLength=2000)


@frozen
class LoginQuery:
    """The query string of `/api/auth/login`."""

    redirect: str = parameter(
        _PATH, "A path of the service, or a URL of its very origin", "", is_required=True, example="/"
    )


@frozen
class LogoutQuery:
    """The query string of `/api/auth/logout`."""

    redirect: str = parameter(_PATH, f"A path of the service; `{AFTERWARDS}` unless it is given", AFTERWARDS)


@frozen
class CallbackQuery:
    """The parameters that an identity provider sends a browser back with; others are ignored."""

    state: str = parameter(text(), "Of the sign-in")
    code: str = parameter(text(), "To exchange at the provider")
    error: str = parameter(text(), "Why there is no code")


@answer
@frozen
class Principal:
    """The answer to `GET /api/auth/self`."""

    subject: Annotated[str, "The author of what they change"]
    email: str | None
    name: str | None
    roles: Sequence[Role]


@frozen
class SelfResource:
    """`/api/auth/self`: who makes the request."""

    authentication: Authentication | None

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        caller = LOCAL_ADMINISTRATOR
        if self.authentication is not None:
            found = self.authentication.identify(req)
            if found is None:
                raise AuthenticationRequired(self.authentication.invitation)
            caller = found
        send(resp, Principal(caller.subject, caller.email, caller.name, sorted(caller.roles)))
        resp.set_header("Cache-Control", "no-store")


@frozen
class LoginResource:
    """`/api/auth/login`: to the identity provider, and from there to `redirect`."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        redirect = self.sign_ins.path(req, read_query(req, LoginQuery).redirect)
        callback = self.sign_ins.own_origin + CALLBACK
        sign_in, url = self.sign_ins.configured().begin(callback, redirect)
        self.sign_ins.cookies.keep_sign_in(req, resp, sign_in)
        _send_to(resp, url)


@frozen
class CallbackResource:
    """`/api/auth/callback`: back from the identity provider. Providers add parameters of their own."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        service, failed = self.sign_ins.configured(), self.sign_ins.failed
        # Each attempt is a row in the database, and a request to the provider.
        failed.check(req)
        try:
            with failed.watch(req):
                sign_in, session = self._finish(req, resp, service)
        except ValidationFailed:
            failed.record(req)
            raise
        self.sign_ins.cookies.keep_session(resp, session)
        # Looked at once more: it came from the browser, and what signs it may have been found out.
        _send_to(resp, self.sign_ins.path(req, sign_in.redirect))

    def _finish(
        self, req: falcon.Request, resp: falcon.Response, service: SignInService
    ) -> tuple[SignIn, Session]:
        code, state = _code(req), _one(req, "state")
        sign_in = self.sign_ins.cookies.sign_in(req, state)
        self.sign_ins.cookies.end_sign_in(resp, sign_in)
        callback = self.sign_ins.own_origin + CALLBACK
        return sign_in, service.finish(callback, sign_in, state, code, req.get_param("iss"))


@frozen
class LogoutResource:
    """`/api/auth/logout`: the session ends here and at the provider, and the browser goes on to `redirect`."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        back = self.sign_ins.path(req, read_query(req, LogoutQuery).redirect)
        cookies, service, own_origin = self.sign_ins.cookies, self.sign_ins.service, self.sign_ins.own_origin
        at_provider = None
        if service is not None and own_origin:
            # A page of another site that sends a browser here does not sign it out without a word.
            is_own = req.get_header("Sec-Fetch-Site") != "cross-site"
            at_provider = service.end_url(own_origin + back, cookies.id_token(req) if is_own else None)
        cookies.end_session(resp)
        _send_to(resp, at_provider or back)


def _one(req: falcon.Request, name: str) -> str:
    values = req.get_param_as_list(name) or []
    if len(values) != 1 or not values[0]:
        raise ValidationFailed(
            f"The identity provider sent the browser back without one {name}.", parameter=name
        )
    value: str = values[0]
    return value


def _code(req: falcon.Request) -> str:
    """The code to exchange. Raises `AuthenticationRequired` where the provider says why there is none."""
    if (error := req.get_param("error")) is not None:
        reason = error if _ERROR.fullmatch(error) else "an error"
        raise AuthenticationRequired(f"The identity provider did not sign you in: {reason}.")
    return _one(req, "code")


def _send_to(resp: falcon.Response, url: str) -> None:
    resp.status = falcon.HTTP_302
    resp.location = url
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("Referrer-Policy", "no-referrer")
