"""The routes of the sign-in at a terminal: it begins here, and the terminal asks here for its token."""

from __future__ import annotations

from typing import Annotated, Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, answer
from iotconfig.adapters.http.access.terminals import Terminals
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import NoQuery, read_query
from iotconfig.domain.access.identity import SESSION_PREFIX, Waiting
from iotconfig.domain.errors import ExternalServiceError

_LARGEST: Final = 7500
"""Maximum bytes of a token: with the name of its header it fits into 8190 bytes, the limit of a header."""
_LARGEST_BODY: Final = 8 * 1024


@answer
@frozen
class TerminalSignIn:
    """A sign-in that a person approves with a browser."""

    sign_in: Annotated[str, "The sign-in, for the request for its token; keep it secret"]
    user_code: Annotated[str, "The code that the person enters or compares"]
    verification_uri: Annotated[str, "The page of the identity provider where the person enters the code"]
    verification_uri_complete: Annotated[str | None, "The same page with the code; null if there is none"]
    expires_in: Annotated[int, "The seconds in which the person must approve it"]
    interval: Annotated[int, "The seconds to wait before each request for the token"]


@frozen
class TerminalTokenRequest:
    """The body of `POST /api/auth/terminal/token`."""

    sign_in: Annotated[str, "The member of the same name in the answer of `POST /api/auth/terminal`"]


@answer
@frozen
class TerminalToken:
    """The token of a person who has signed in."""

    token: Annotated[str, "A bearer token with the roles of the person"]
    expires_in: Annotated[int, "The seconds for which it is valid"]


@answer
@frozen
class TerminalWaiting:
    """The answer while there is no token yet."""

    status: Annotated[Waiting, "After `slow_down`, wait five seconds longer before each request"]


@frozen
class TerminalSignInResource:
    """`/api/auth/terminal`: begin a sign-in."""

    terminals: Terminals

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        begun, sign_in = self.terminals.begin(req)
        content = TerminalSignIn(
            sign_in,
            begun.user_code,
            begun.verification_uri,
            begun.verification_uri_complete,
            begun.seconds,
            begun.interval,
        )
        _send_secret(resp, content)


@frozen
class TerminalTokenResource:
    """`/api/auth/terminal/token`: the token of a sign-in that was approved."""

    terminals: Terminals
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        body = self.bodies.read(read_json(req, _LARGEST_BODY), TerminalTokenRequest)
        found = self.terminals.finish(req, body.sign_in)
        if isinstance(found, Waiting):
            _send_secret(resp, TerminalWaiting(found))
            resp.status = falcon.HTTP_202
            return
        token = f"{SESSION_PREFIX}_{found.token}"
        if len(token) > _LARGEST:
            raise ExternalServiceError(
                f"The identity provider's token has {len(found.token)} bytes, which do not fit into a header: "
                "configure the provider to include fewer roles and claims."
            )
        _send_secret(resp, TerminalToken(token, found.seconds))


def _send_secret(resp: falcon.Response, content: object) -> None:
    send(resp, content)
    resp.set_header("Cache-Control", "no-store")
