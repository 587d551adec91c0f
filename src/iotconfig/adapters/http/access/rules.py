"""Who may call what: a row for each route and method. What has no row is closed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from iotconfig.adapters.http.requests.segments import is_document
from iotconfig.domain.access.principal import Role

_CONFIG: Final = "/api/configs/{segment}"
DOCUMENT: Final = "/api/configs/{mac}.json"
"""The device route. To Falcon it is one with `/api/configs/{segment}`."""


class Access(Enum):
    """Who may call a method of a route."""

    PUBLIC = "everyone"
    DEVICE = "devices"
    """Everyone, unless device tokens are required."""
    READ = "viewers"
    CHANGE = "administrators"
    UPLOAD = "uploaders of assets"
    NEVER = "nobody"
    """The method is there to say that it is not."""

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that may call it; empty where no role is asked for."""
        return _ROLES.get(self, frozenset())


_ROLES: Final = {
    Access.READ: frozenset({Role.ADMIN, Role.VIEWER}),
    Access.CHANGE: frozenset({Role.ADMIN}),
    Access.UPLOAD: frozenset({Role.ADMIN, Role.ASSET_UPLOADER}),
}

_READ: Final = {"GET": Access.READ}
_POST: Final = {"POST": Access.CHANGE}
_PUBLIC: Final = {"GET": Access.PUBLIC}
_VISITED: Final = {"GET": Access.PUBLIC, "HEAD": Access.NEVER}
"""Who looks ahead with HEAD must not begin or end a sign-in."""
_REFUSED: Final = {"TRACE": Access.NEVER, "CONNECT": Access.NEVER}

RULES: Final[Mapping[str, Mapping[str, Access]]] = {
    "/api/auth/callback": _VISITED,
    "/api/auth/login": _VISITED,
    "/api/auth/logout": _VISITED,
    "/api/auth/self": _PUBLIC,
    DOCUMENT: {
        "GET": Access.DEVICE,
        **dict.fromkeys(("DELETE", "PATCH", "POST", "PUT"), Access.NEVER),
        **_REFUSED,
    },
    "/api/assets": {"GET": Access.READ, "POST": Access.UPLOAD},
    "/api/assets/{name}": {"GET": Access.DEVICE, "DELETE": Access.CHANGE},
    "/api/configs": {"GET": Access.READ, "POST": Access.CHANGE},
    "/api/configs/by-mac/{mac}": {"PUT": Access.CHANGE},
    "/api/configs/export": _READ,
    "/api/configs/import": _POST,
    "/api/configs/patch": _POST,
    _CONFIG: {
        "GET": Access.READ,
        **dict.fromkeys(("DELETE", "PATCH", "PUT"), Access.CHANGE),
        "POST": Access.NEVER,
        **_REFUSED,
    },
    "/api/configs/{segment}/announce": _POST,
    "/api/configs/{segment}/diff": _READ,
    "/api/configs/{segment}/replace-device": _POST,
    "/api/configs/{segment}/revisions": _READ,
    "/api/configs/{segment}/revisions/{number}": _READ,
    "/api/configs/{segment}/rollback": _POST,
    "/api/deleted-configs": _READ,
    "/api/deleted-configs/{segment}/restore": _POST,
    # A description tells no secrets, and who has no token yet must be able to read how to get one.
    "/api/docs": _PUBLIC,
    "/api/docs/openapi.json": _PUBLIC,
    "/api/docs/style.css": _PUBLIC,
    "/api/openapi.json": _PUBLIC,
    "/api/health": _PUBLIC,
    "/api/images/lvgl": _READ,
    "/api/health/live": _PUBLIC,
    "/api/health/ready": _PUBLIC,
    # It asks for a token of its own.
    "/metrics": _PUBLIC,
}


def access_to(template: str, method: str, parameters: Mapping[str, str]) -> Access | None:
    """Who may call this method of the route with this template; None where nobody decided.

    HEAD is as GET unless it has a row of its own; OPTIONS tells methods only, and is for everyone.
    """
    if method == "OPTIONS":
        return Access.PUBLIC if template in RULES else None
    if template == _CONFIG and is_document(parameters["segment"]):
        template = DOCUMENT
    rules = RULES.get(template, {})
    found = rules.get(method)
    return rules.get("GET") if found is None and method == "HEAD" else found


def methods_of(template: str) -> list[str]:
    """The methods that the route with this template has, as `Allow` lists them."""
    rules = RULES[template]
    found = {method for method, access in rules.items() if access is not Access.NEVER} | {"OPTIONS"}
    if "GET" in found and rules.get("HEAD") is not Access.NEVER:
        found.add("HEAD")
    return sorted(found)
