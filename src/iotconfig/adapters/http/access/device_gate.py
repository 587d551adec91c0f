"""The gate in front of the devices' routes, if device tokens are on."""

from __future__ import annotations

from collections.abc import Mapping

import falcon
from attrs import frozen

from iotconfig.domain.access import secrets
from iotconfig.domain.devices import tokens
from iotconfig.domain.devices.evidence import Proof
from iotconfig.domain.devices.tokens import DeviceTokenService
from iotconfig.domain.errors import AuthorizationFailed
from iotconfig.domain.mac import MacAddress

from .authentication import bearer_of
from .sign_in_throttle import SignInThrottle


@frozen
class DeviceGate:
    """Limits a device with a token to its own document, and to assets."""

    tokens: DeviceTokenService
    required: bool
    """Whether a device without a token is refused."""
    failed: SignInThrottle

    def admits(self, req: falcon.Request, params: Mapping[str, str]) -> bool:
        """Whether the caller is admitted as a device; False if it has no device token and one is required.

        Raises `AuthenticationRequired` and `TooManyRequests` for an invalid token,
        `AuthorizationFailed` for the token of another device.
        """
        token = bearer_of(req)
        if token is None or not secrets.has_prefix(tokens.PREFIX, token):
            return not self.required
        with self.failed.watch(req):
            device = self.tokens.authenticate(token)
        if (spelling := params.get("mac")) is not None and MacAddress.parse(spelling) != device:
            raise AuthorizationFailed(
                f"The token of {device} gives access to the document of that device only."
            )
        req.context.proof = Proof.TOKEN
        return True
