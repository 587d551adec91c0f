"""The routes that sign people in and out."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.cookies import SIGN_OUT
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.access.sign_ins import CALLBACK
from iotconfig.adapters.http.api.auth import (
    CallbackQuery,
    CallbackResource,
    LoginQuery,
    LoginResource,
    LogoutQuery,
    LogoutResource,
    Principal,
    SelfResource,
)
from iotconfig.adapters.http.api.sessions import SessionResource, SessionState, TokenSignIn
from iotconfig.adapters.http.api.terminal import (
    TerminalSignIn,
    TerminalSignInResource,
    TerminalToken,
    TerminalTokenRequest,
    TerminalTokenResource,
    TerminalWaiting,
)
from iotconfig.adapters.http.requests.queries import NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route, json_body

_UNAVAILABLE: Final = ("ROUTE_NOT_FOUND", "EXTERNAL_SERVICE_ERROR")
_REDIRECT: Final = ("Location", "Set-Cookie")

# HEAD, such as of a browser's link prefetch, must not begin or end a sign-in: these routes have none.
AREA: Final = Area(
    "Access",
    "Authentication. Programs send a token; people sign in with an identity provider, or with an API token.",
    (
        Route(
            "/api/auth/login",
            lambda api: LoginResource(api.sign_ins),
            get=Operation(
                "signIn",
                "Sign in",
                Access.PUBLIC,
                details="Redirects the browser to the identity provider, and after the sign-in to `redirect`.",
                query=LoginQuery,
                answers={302: Answer("Redirect to the identity provider", None, _REDIRECT)},
                refuses=_UNAVAILABLE,
                has_head=False,
            ),
        ),
        Route(
            CALLBACK,
            lambda api: CallbackResource(api.sign_ins),
            get=Operation(
                "finishSignIn",
                "Finish a sign-in",
                Access.PUBLIC,
                details="The identity provider redirects the browser here. Each sign-in is finished once, within ten minutes, by the "
                "browser that began it. Further parameters of providers are ignored.",
                query=CallbackQuery,
                answers={
                    302: Answer(
                        "Redirect to the target of the sign-in, with the session cookie", None, _REDIRECT
                    )
                },
                refuses=(*_UNAVAILABLE, "AUTHENTICATION_REQUIRED", "TOO_MANY_REQUESTS", "STORE_FULL"),
                has_head=False,
            ),
        ),
        Route(
            SIGN_OUT,
            lambda api: LogoutResource(api.sign_ins),
            get=Operation(
                "signOut",
                "Sign out",
                Access.PUBLIC,
                details="Ends the session here and, if the provider supports it, at the provider.",
                query=LogoutQuery,
                answers={302: Answer("Redirect to the provider, or to `redirect`", None, _REDIRECT)},
                has_head=False,
            ),
        ),
        Route(
            "/api/auth/terminal",
            lambda api: TerminalSignInResource(api.terminals),
            post=Operation(
                "signInAtTerminal",
                "Sign in at a terminal",
                Access.PUBLIC,
                details="Begins a sign-in that a person approves with a browser on any machine (RFC 8628; `iotconfig "
                "login`). 422 if the identity provider does not offer it. Each request counts as a failed sign-in of its "
                "address.",
                query=NoQuery,
                answers={200: Answer("What to show to the person, and how to go on", TerminalSignIn)},
                refuses=(*_UNAVAILABLE, "UNPROCESSABLE", "TOO_MANY_REQUESTS"),
                needs_store=False,
            ),
        ),
        Route(
            "/api/auth/terminal/token",
            lambda api: TerminalTokenResource(api.terminals, api.bodies),
            post=Operation(
                "finishSignInAtTerminal",
                "Get the token of a sign-in at a terminal",
                Access.PUBLIC,
                details="Once the person has approved the sign-in, its token is given, once.",
                query=NoQuery,
                body=json_body(
                    "The sign-in",
                    TerminalTokenRequest,
                    a_sign_in={"sign_in": "ImRldmljZS1jb2RlIg.aSsXQA.c2lnbmF0dXJl"},
                ),
                answers={
                    200: Answer("The token", TerminalToken),
                    202: Answer("The person has not approved it yet", TerminalWaiting),
                },
                refuses=(*_UNAVAILABLE, "AUTHENTICATION_REQUIRED", "TOO_MANY_REQUESTS"),
                needs_store=False,
            ),
        ),
        Route(
            "/api/auth/session",
            lambda api: SessionResource(api.authentication, api.sign_ins, api.bodies),
            get=Operation(
                "getSession",
                "Ask how to sign in",
                Access.PUBLIC,
                details="Whether callers sign in, which ways there are, and how this browser did.",
                query=NoQuery,
                answers={200: Answer("The ways to sign in", SessionState)},
                needs_store=False,
            ),
            post=Operation(
                "beginSession",
                "Sign a browser in with an API token",
                Access.PUBLIC,
                details="Sets a cookie that scripts cannot read, which ends with the browser, and with the token. It holds "
                "neither the token nor its role. A page of the service sends the request; programs send the token with each request.",
                query=NoQuery,
                body=json_body(
                    "The token", TokenSignIn, a_token={"token": "iotc_0123456789ab_" + "0123456789abcdef" * 4}
                ),
                answers={200: Answer("The caller", Principal, ("Set-Cookie",))},
                refuses=("ROUTE_NOT_FOUND", "AUTHENTICATION_REQUIRED", "TOO_MANY_REQUESTS"),
            ),
            delete=Operation(
                "endSession",
                "Sign a browser out",
                Access.PUBLIC,
                details="Deletes the session cookies of the browser, if it has any. At the identity provider, the person "
                "stays signed in (`/api/auth/logout` ends that session, too).",
                query=NoQuery,
                answers={204: Answer("Signed out", None, ("Set-Cookie",))},
                needs_store=False,
            ),
        ),
        Route(
            "/api/auth/self",
            lambda api: SelfResource(api.authentication),
            get=Operation(
                "whoAmI",
                "Identify the caller",
                Access.PUBLIC,
                details="While authentication is off, every caller is the local administrator.",
                query=NoQuery,
                answers={200: Answer("The caller", Principal)},
                refuses=("AUTHENTICATION_REQUIRED", "TOO_MANY_REQUESTS", "EXTERNAL_SERVICE_ERROR"),
            ),
        ),
    ),
)
