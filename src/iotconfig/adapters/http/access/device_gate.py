"""The gate in front of the devices' routes, where device tokens are switched on."""

from __future__ import annotations

from collections.abc import Mapping

import falcon
from attrs import frozen

from iotconfig.adapters.http.requests.segments import document_mac
from iotconfig.domain.access import secrets
from iotconfig.domain.devices import tokens
from iotconfig.domain.devices.tokens import DeviceTokenService
from iotconfig.domain.errors import AuthorizationFailed

from .authentication import bearer_of
from .sign_in_throttle import SignInThrottle


@frozen
class DeviceGate:
    """Holds a device to what is its own."""

    tokens: DeviceTokenService
    required: bool
    """Whether a device without a token is refused, too."""
    failed: SignInThrottle

    def admits(self, req: falcon.Request, params: Mapping[str, str]) -> bool:
        """Whether the caller may go on; False where it has no device token, and needs one.

        Raises `AuthenticationRequired` and `TooManyRequests` for a token that
        does not hold, `AuthorizationFailed` for one of another device.
        """
        token = bearer_of(req)
        if token is None or not secrets.has_prefix(tokens.PREFIX, token):
            return not self.required
        with self.failed.watch(req):
            device = self.tokens.authenticate(token)
        if (segment := params.get("segment")) is not None and document_mac(segment) != device:
            raise AuthorizationFailed(f"The token of {device} opens that device's document only.")
        return True
