"""The routes of tokens."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.tokens import (
    CreatedDeviceToken,
    CreatedToken,
    DeviceTokenResource,
    DeviceTokens,
    DeviceTokensQuery,
    DeviceTokensResource,
    NewDeviceToken,
    NewToken,
    TokenResource,
    Tokens,
    TokensResource,
)
from iotconfig.adapters.http.requests.queries import NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Parameter, Route, json_body

from .shared import MAC

AREA: Final = Area(
    "Tokens",
    "Tokens of programs and of devices. The text of a token is in the answer that creates it, and nowhere else.",
    (
        Route(
            "/api/tokens",
            lambda api: TokensResource(api.use_cases.api_tokens, api.bodies),
            get=Operation(
                "listTokens",
                "List API tokens",
                Access.CHANGE,
                details="All of them, including revoked ones, which the history still names.",
                query=NoQuery,
                answers={200: Answer("The tokens", Tokens)},
            ),
            post=Operation(
                "createToken",
                "Create an API token",
                Access.CHANGE,
                details="A name is never used twice.",
                query=NoQuery,
                body=json_body(
                    "Name, role and expiry",
                    NewToken,
                    a_reader={"name": "dashboard", "role": "viewer", "expires_at": "2099-01-01T00:00:00Z"},
                ),
                answers={201: Answer("The new token, with its text", CreatedToken)},
                refuses=("RECORD_EXISTS", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/tokens/{name}",
            lambda api: TokenResource(api.use_cases.api_tokens),
            parameters=(Parameter("name", "The name of the token", "dashboard"),),
            delete=Operation(
                "revokeToken",
                "Revoke an API token",
                Access.CHANGE,
                details="The next request with it is refused.",
                query=NoQuery,
                answers={204: Answer("Revoked")},
                refuses=("RECORD_NOT_FOUND", "ROUTE_NOT_FOUND", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/device-tokens",
            lambda api: DeviceTokensResource(api.use_cases.device_tokens, api.bodies),
            get=Operation(
                "listDeviceTokens",
                "List the devices that have a token",
                Access.CHANGE,
                details="Sorted by MAC address, in pages.",
                query=DeviceTokensQuery,
                answers={200: Answer("A page", DeviceTokens)},
            ),
            post=Operation(
                "createDeviceToken",
                "Create the token of a device",
                Access.CHANGE,
                query=NoQuery,
                body=json_body(
                    "The device, and whether to replace its token",
                    NewDeviceToken,
                    a_device={"mac_address": "aa:bb:cc:dd:ee:ff"},
                ),
                answers={201: Answer("The new token", CreatedDeviceToken)},
                refuses=("INVALID_OPERATION", "RECORD_EXISTS", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/device-tokens/{mac}",
            lambda api: DeviceTokenResource(api.use_cases.device_tokens),
            parameters=(MAC,),
            delete=Operation(
                "revokeDeviceToken",
                "Revoke the token of a device",
                Access.CHANGE,
                details="The next request with it is refused.",
                query=NoQuery,
                answers={204: Answer("Revoked")},
                refuses=("INVALID_OPERATION", "RECORD_NOT_FOUND", "ROUTE_NOT_FOUND", "STORE_FULL"),
            ),
        ),
    ),
)
