"""The gate in front of every route: authentication, and whether the caller may use the method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import falcon
from attrs import frozen

from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR, Principal
from iotconfig.domain.errors import AuthenticationRequired, AuthorizationFailed

from .authentication import Authentication
from .device_gate import DeviceGate
from .rules import Access, Rule
from .site_guard import SiteGuard


def principal_of(req: falcon.Request) -> Principal:
    """The caller, as the gate identified it. Only on routes that require a role."""
    found: Principal = req.context.principal
    return found


@frozen
class Gate:
    """Enforces the rules; a route without a rule is closed."""

    rules: Mapping[str, Rule]
    """By the route's template."""
    sites: SiteGuard
    authentication: Authentication | None
    """None: authentication is off, and every caller is the local administrator."""
    devices: DeviceGate | None
    """None: device tokens are off, and the devices' routes are public."""

    def process_resource(
        self, req: falcon.Request, _resp: falcon.Response, resource: object, params: dict[str, Any]
    ) -> None:
        req.context.principal = None
        # By the route that was found: other spellings of the path, such as one with two slashes, lead to it too.
        rule = self.rules.get(req.uri_template or "")
        if rule is not None and rule.calls_out and req.method != "OPTIONS":
            self.sites.check_origin(req)
        access = None if rule is None else rule.access.get(req.method)
        if access is None:
            _refuse(req, rule, params)
        elif access is Access.CLOSED:
            raise _closed()
        elif access is Access.DEVICE:
            if self.devices is not None and not self.devices.admits(req, params):
                req.context.principal = self._reader_of_documents(req)
        elif access.roles:
            req.context.principal = self._admitted(req, access)

    def confirm(self, req: falcon.Request) -> Principal:
        """Authenticate the caller of a long answer again. Raises as at its beginning where it has lost its rights."""
        return self._admitted(req, self.rules[req.uri_template or ""].access[req.method])

    def _admitted(self, req: falcon.Request, access: Access) -> Principal:
        if self.authentication is None:
            return LOCAL_ADMINISTRATOR
        principal = self.authentication.identify(req)
        if principal is None:
            raise AuthenticationRequired(self.authentication.invitation)
        return _with_role(principal, access)

    def _reader_of_documents(self, req: falcon.Request) -> Principal:
        """The signed-in user who fetches a document, if devices need a token."""
        principal = None if self.authentication is None else self.authentication.identify(req)
        if principal is None:
            raise AuthenticationRequired("Send the device's token as 'Authorization: Bearer iotd_…'.")
        return _with_role(principal, Access.READ)


def _refuse(req: falcon.Request, rule: Rule | None, params: dict[str, Any]) -> None:
    """Refuse a method that the route does not have, even if its resource has a responder for it."""
    if req.method not in falcon.COMBINED_METHODS:
        # Falcon refuses it on every route.
        return
    if rule is None:
        raise _closed()
    rule.check_path(params)
    raise falcon.HTTPMethodNotAllowed(rule.methods)


def _closed() -> AuthorizationFailed:
    return AuthorizationFailed("This route is closed: no rule says who may call it.")


def _with_role(principal: Principal, access: Access) -> Principal:
    """The principal, if one of its roles opens the route. Raises `AuthorizationFailed`."""
    if not principal.roles & access.roles:
        needed = " or ".join(sorted(access.roles))
        raise AuthorizationFailed(
            f"{principal.subject} is not allowed to do this: it requires the role {needed}."
        )
    return principal
