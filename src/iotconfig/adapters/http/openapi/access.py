"""Who calls: signing in and out with a browser."""

from __future__ import annotations

from typing import Final

from .parts import Part, answer, operation, query, ref

TAG: Final = ("Access", "Who calls. Programs send a token; people sign in with an identity provider.")

_AWAY: Final = ("ROUTE_NOT_FOUND", "EXTERNAL_SERVICE_ERROR")
_PATH: Final[Part] = {"type": "string", "maxLength": 2000}


def _to(description: str) -> dict[int, Part]:
    return {302: answer(description, None, "Location", "Set-Cookie")}


ROUTES: Final[dict[str, dict[str, Part]]] = {
    "/api/auth/login": {
        "get": operation(
            "signIn",
            "Sign in",
            "Sends the browser to the identity provider, and in the end to `redirect`.",
            _to("To the identity provider"),
            parameters=[
                {
                    **query("redirect", _PATH, "A path of the service, or a URL of its very origin"),
                    "required": True,
                    "example": "/",
                }
            ],
            refusals=_AWAY,
        ),
    },
    "/api/auth/callback": {
        "get": operation(
            "finishSignIn",
            "Back from the identity provider",
            "Ends what `login` began, once. Parameters that providers add are ignored.",
            _to("To where the sign-in was to lead, with the session cookie"),
            parameters=[
                query("state", {"type": "string"}, "Of the sign-in"),
                query("code", {"type": "string"}, "To exchange at the provider"),
                query("error", {"type": "string"}, "Why there is no code"),
            ],
            refusals=[*_AWAY, "AUTHENTICATION_REQUIRED", "TOO_MANY_REQUESTS", "STORE_FULL"],
        ),
    },
    "/api/auth/logout": {
        "get": operation(
            "signOut",
            "Sign out",
            "Ends the session here and, where the provider has a route for it, there.",
            _to("To the provider, or to `redirect`"),
            parameters=[query("redirect", _PATH, "A path of the service; `/api/docs` unless it is given")],
        ),
    },
    "/api/auth/self": {
        "get": operation(
            "whoAmI",
            "Who makes the request",
            "While authentication is off, everybody is the local administrator.",
            {200: answer("Who it is", ref("Principal"))},
            refusals=["AUTHENTICATION_REQUIRED", "TOO_MANY_REQUESTS", "EXTERNAL_SERVICE_ERROR"],
        ),
    },
}
