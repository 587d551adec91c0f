"""The whole description, put together: who may call what comes from the rules, the rest from the areas."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Final

from iotconfig._version import __version__
from iotconfig.adapters.http.access.rules import RULES, Access

from . import access, assets, bulk, configs, devices, history, pictures, service
from .parts import Part, problems
from .schemas import HEADERS, SCHEMAS

AREAS: Final[tuple[ModuleType, ...]] = (
    devices,
    configs,
    history,
    bulk,
    assets,
    pictures,
    access,
    service,
)
"""Modules with a `TAG` and `ROUTES`, in the order in which people read them."""

_ABOUT: Final = """\
The system of record for the configuration of ESP32-class devices: one JSON document
for each, kept exactly as it was written.

Every GET has a HEAD. Every answer carries `X-Request-ID`, and every refusal is a
problem (RFC 9457) whose `code` is stable. Query parameters that a route does not know
are refused; the device route, and those of health, ignore them."""

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
        "description": "The session of a browser that signed in",
    },
}


@cache
def document() -> Part:
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
        "tags": [{"name": name, "description": about} for name, about in (area.TAG for area in AREAS)],
        "paths": {
            path_of(template): _item(template, methods, area.TAG[0])
            for area in AREAS
            for template, methods in area.ROUTES.items()
        },
        "components": {"schemas": SCHEMAS, "headers": HEADERS, "securitySchemes": _SECURITY},
    }


def path_of(template: str) -> str:
    """The path as readers know it: a segment that is no document's is an id."""
    return template.replace("{segment}", "{id}")


def _item(template: str, methods: dict[str, Part], tag: str) -> Part:
    found = {}
    for method, described in methods.items():
        access = RULES[template][method.upper()]
        operation = {**described, "tags": [tag], "security": _security(access), "x-access": access.value}
        if access is not Access.PUBLIC:
            more = problems(["AUTHENTICATION_REQUIRED", "TOO_MANY_REQUESTS"])
            operation["responses"] = dict(sorted({**operation["responses"], **more}.items()))
        operation["parameters"] = [_renamed(parameter) for parameter in described.get("parameters", ())]
        found[method] = operation
    return found


def _renamed(parameter: Part) -> Part:
    return {**parameter, "name": "id"} if parameter["name"] == "segment" else parameter


def _security(access: Access) -> list[dict[str, list[str]]]:
    """Nobody is asked while authentication is off, and devices only where their tokens are required."""
    if access is Access.PUBLIC:
        return []
    if access is Access.DEVICE:
        return [{}, {"token": []}]
    return [{"token": []}, {"session": []}, {}]
