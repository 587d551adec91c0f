"""`/api/auth`: signing in and out with a browser, and who one is."""

from __future__ import annotations

import re
from typing import Final

import falcon
from attrs import frozen

from iotconfig.domain.access import LOCAL_ADMINISTRATOR
from iotconfig.domain.errors import AuthenticationRequired, ValidationFailed
from iotconfig.domain.sign_in import SignInService

from .answers import send
from .authentication import Authentication
from .cookies import CookieJar
from .failed_sign_ins import FailedSignIns
from .parameters import allow
from .problems import Refused
from .redirects import local_path

CALLBACK: Final = "/api/auth/callback"
"""The redirect URI that the provider is to know, behind BASEURL."""

_ERROR: Final = re.compile(r"[a-z_]{1,64}")


@frozen
class SelfResource:
    """`/api/auth/self`: who makes the request."""

    authentication: Authentication | None

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        allow(req)
        principal = LOCAL_ADMINISTRATOR
        if self.authentication is not None:
            found = self.authentication.identify(req)
            if found is None:
                raise AuthenticationRequired(self.authentication.invitation)
            principal = found
        send(
            resp,
            {
                "subject": principal.subject,
                "email": principal.email,
                "name": principal.name,
                "roles": sorted(principal.roles),
            },
        )
        resp.set_header("Cache-Control", "no-store")

    on_head = on_get


@frozen
class SignIns:
    """What the routes that sign browsers in and out share."""

    service: SignInService | None
    """None: there is no identity provider."""
    cookies: CookieJar
    failed: FailedSignIns
    own_origin: str
    """The service's own, as browsers see it; empty where it is the one that a request names."""

    def origin(self, req: falcon.Request) -> str:
        return self.own_origin or req.prefix

    def configured(self) -> SignInService:
        """Raises `Refused` (404) where there is no identity provider."""
        if self.service is None:
            raise Refused(
                "ROUTE_NOT_FOUND",
                "There is no identity provider to sign in with: set OIDC_ENABLED and OIDC_….",
            )
        return self.service


@frozen
class LoginResource:
    """`/api/auth/login`: to the identity provider, and from there to `redirect`."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        given = allow(req, "redirect")
        origin = self.sign_ins.origin(req)
        redirect = local_path(given.get("redirect", ""), origin)
        sign_in, url = self.sign_ins.configured().begin(origin + CALLBACK, redirect)
        self.sign_ins.cookies.keep_sign_in(resp, sign_in)
        _send_to(resp, url)


@frozen
class CallbackResource:
    """`/api/auth/callback`: back from the identity provider. Providers add parameters of their own."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        service, cookies = self.sign_ins.configured(), self.sign_ins.cookies
        origin = self.sign_ins.origin(req)
        cookies.end_sign_in(resp)
        try:
            sign_in = cookies.sign_in(req)
            with self.sign_ins.failed.counted(req):
                code, state = _code(req), _one(req, "state")
                session = service.finish(origin + CALLBACK, sign_in, state, code, req.get_param("iss"))
        except ValidationFailed:
            self.sign_ins.failed.count(req)
            raise
        cookies.keep_session(resp, session)
        _send_to(resp, origin + sign_in.redirect)


@frozen
class LogoutResource:
    """`/api/auth/logout`: the session ends here and at the provider, and the browser goes on to `redirect`."""

    sign_ins: SignIns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        given = allow(req, "redirect")
        origin = self.sign_ins.origin(req)
        back = origin + local_path(given.get("redirect", "/"), origin)
        service = self.sign_ins.service
        self.sign_ins.cookies.end_session(resp)
        _send_to(resp, (service.end_url(back) if service is not None else None) or back)


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
