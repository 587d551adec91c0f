"""The whole description of a route table."""

from __future__ import annotations

from typing import Final

from iotconfig._version import __version__
from iotconfig.adapters.http.routing import RouteTable

from .parts import name_of, operation
from .schemas import HEADERS, schemas_of
from .shapes import Part

_ABOUT: Final = """\
The system of record for the configuration of ESP32-class devices: one JSON document
per device, stored exactly as written.

Every GET route also answers HEAD, except those of sign-in. Every answer carries `X-Request-ID`, and every
error is a problem document (RFC 9457) with a stable `code`. Unknown query parameters are refused; the
routes of devices, health and this description ignore them."""

_SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, an identity provider's access token, or, for devices, a device token",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "access_token",
        "description": "The session of a signed-in browser",
    },
}


def document(table: RouteTable) -> Part:
    """The description as an object that can be written as JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "iotconfig",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "This service"}],
        "tags": [{"name": area.name, "description": area.about} for area in table.areas],
        "paths": {
            path_of(route.path): {
                method.lower(): {**operation(route, described), "tags": [area.name]}
                for method, described in route.operations.items()
            }
            for area in table.areas
            for route in area.routes
            if route.is_described
        },
        "components": {
            "schemas": schemas_of(table),
            "headers": HEADERS,
            "securitySchemes": _SECURITY,
        },
    }


def path_of(path: str) -> str:
    """Return the documented path of a route."""
    return path.replace("{segment}", f"{{{name_of('segment')}}}")
