"""The gate in front of every route: who calls, and whether they may."""

from __future__ import annotations

from typing import Any

import falcon
from attrs import frozen

from iotconfig.domain.access import LOCAL_ADMINISTRATOR, Principal

from .access import access_to
from .problems import Refused


def principal_of(req: falcon.Request) -> Principal:
    """Who makes the request, as the gate found out."""
    found: Principal = req.context.principal
    return found


@frozen
class Gate:
    """Lets pass who may, and closes what nobody decided about."""

    def process_resource(
        self, req: falcon.Request, _resp: falcon.Response, resource: object, params: dict[str, Any]
    ) -> None:
        if resource is None:
            return
        access = access_to(req.uri_template or "", req.method, params)
        if access is None and hasattr(resource, f"on_{req.method.lower()}"):
            raise Refused("AUTHORIZATION_FAILED", "This route is closed: nobody decided who may call it.")
        req.context.principal = LOCAL_ADMINISTRATOR
