"""The gate in front of every route: who calls, and whether they may."""

from __future__ import annotations

from typing import Any

import falcon
from attrs import frozen

from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR, Principal
from iotconfig.domain.errors import AuthenticationRequired, AuthorizationFailed

from .authentication import Authentication
from .device_gate import DeviceGate
from .rules import RULES, Access, access_to, methods_of


def principal_of(req: falcon.Request) -> Principal:
    """Who makes the request, as the gate found out. Only on routes that ask for a role."""
    found: Principal = req.context.principal
    return found


@frozen
class Gate:
    """Lets pass who may, and closes what nobody decided about."""

    authentication: Authentication | None
    """None: authentication is off, and everybody is the local administrator."""
    devices: DeviceGate | None
    """None: device tokens are off, and the devices' routes are public."""

    def process_resource(
        self, req: falcon.Request, _resp: falcon.Response, resource: object, params: dict[str, Any]
    ) -> None:
        req.context.principal = None
        template = req.uri_template or ""
        access = access_to(template, req.method, params)
        if access is None:
            if req.method not in falcon.COMBINED_METHODS:
                # Falcon refuses it, whatever the route.
                return
            if template not in RULES:
                raise AuthorizationFailed("This route is closed: nobody decided who may call it.")
            # Also where the resource has a responder for it, under whatever name.
            raise falcon.HTTPMethodNotAllowed(methods_of(template))
        if access is Access.DEVICE:
            if self.devices is not None and not self.devices.admits(req, params):
                req.context.principal = self._instead_of_device(req)
        elif access.roles:
            req.context.principal = self._admitted(req, access)

    def _admitted(self, req: falcon.Request, access: Access) -> Principal:
        if self.authentication is None:
            return LOCAL_ADMINISTRATOR
        principal = self.authentication.identify(req)
        if principal is None:
            raise AuthenticationRequired(self.authentication.invitation)
        return _with_role(principal, access)

    def _instead_of_device(self, req: falcon.Request) -> Principal:
        """Who may look at what a device fetches, where only devices with a token get it."""
        principal = None if self.authentication is None else self.authentication.identify(req)
        if principal is None:
            raise AuthenticationRequired("Send the device's token as 'Authorization: Bearer iotd_…'.")
        return _with_role(principal, Access.READ)


def _with_role(principal: Principal, access: Access) -> Principal:
    """The principal, where one of their roles opens it. Raises `AuthorizationFailed`."""
    if not principal.roles & access.roles:
        needed = " or ".join(sorted(access.roles))
        raise AuthorizationFailed(f"{principal.subject} may not do this: it takes the role {needed}.")
    return principal
