"""`/api/auth/session`: how a browser is signed in; it signs in with an API token, and out, here."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import falcon
from attrs import field, frozen

from iotconfig.adapters.codec import BodyReader, answer
from iotconfig.adapters.http.access.authentication import Authentication
from iotconfig.adapters.http.access.sign_ins import SignIns
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import NoQuery, read_query

from .auth import Principal

_LARGEST_BODY: Final = 1024


class SessionKind(StrEnum):
    """How a browser signed in."""

    TOKEN = "token"  # noqa: S105 - a word
    """With an API token."""
    PROVIDER = "provider"
    """With the identity provider."""


@answer
@frozen
class SessionState:
    """The answer to `GET /api/auth/session`, which needs no credentials."""

    is_required: Annotated[bool, "Whether callers sign in; if not, every caller is the local administrator"]
    has_provider: Annotated[bool, "Whether `/api/auth/login` leads to an identity provider"]
    session: Annotated[
        SessionKind | None,
        "The session cookie of the browser, which may have ended (`/api/auth/self`); null for none",
    ]


@frozen
class TokenSignIn:
    """The body of `POST /api/auth/session`."""

    token: Annotated[str, "An API token"] = field(repr=False)


@frozen
class SessionResource:
    """`/api/auth/session`: the session of a browser."""

    authentication: Authentication | None
    """None: authentication is off."""
    sign_ins: SignIns
    bodies: BodyReader

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        sign_ins = self.sign_ins
        has_provider = sign_ins.service is not None and bool(sign_ins.own_origin)
        send(resp, SessionState(self.authentication is not None, has_provider, self._kind(req)))
        resp.set_header("Cache-Control", "no-store")

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        if self.authentication is None:
            raise Refused(
                "ROUTE_NOT_FOUND",
                "Authentication is off, so that nobody needs to sign in: IOTCONFIG_AUTH=on turns it on.",
            )
        # Another site could otherwise sign its visitors in with a token of its own.
        self.authentication.check_page(req)
        body = self.bodies.read(read_json(req, _LARGEST_BODY), TokenSignIn)
        caller = self.authentication.token_sessions.begin(req, resp, body.token)
        self.sign_ins.end_provider_session(req, resp)
        send(resp, Principal.of(caller))
        resp.set_header("Cache-Control", "no-store")

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        if self.authentication is not None:
            self.authentication.check_page(req)
        self.sign_ins.end_here(req, resp)
        resp.status = falcon.HTTP_204

    def _kind(self, req: falcon.Request) -> SessionKind | None:
        sessions = self.sign_ins.token_sessions
        if sessions is not None and sessions.is_there(req):
            return SessionKind.TOKEN
        is_signed_in = self.sign_ins.service is not None and self.sign_ins.cookies.session(req) is not None
        return SessionKind.PROVIDER if is_signed_in else None
