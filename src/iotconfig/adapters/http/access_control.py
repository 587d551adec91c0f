"""How the API finds out who calls: what `create_app` is given, joined to what the routes need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import falcon
from attrs import field, frozen

from iotconfig.adapters.networks import Network
from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.access.sign_in import SignInService
from iotconfig.domain.access.throttle import Throttle
from iotconfig.domain.devices.tokens import DeviceTokenService

from .access.authentication import Authentication
from .access.cookies import SIGN_OUT, CookieJar
from .access.device_gate import DeviceGate
from .access.gate import Gate
from .access.sign_in_throttle import SignInThrottle
from .api.auth import CALLBACK, CallbackResource, LoginResource, LogoutResource, SelfResource, SignIns


@frozen
class AccessControl:
    """Who is let in, and how. With neither kind of token, everybody is the local administrator."""

    throttle: Throttle
    api_tokens: ApiTokenService | None = None
    """None: authentication is off."""
    sign_in: SignInService | None = None
    """None: there is no identity provider."""
    device_tokens: DeviceTokenService | None = None
    """None: the devices' routes are public."""
    device_tokens_required: bool = False
    proxies: Sequence[Network] = ()
    """Whose `X-Forwarded-For` is believed."""
    secret: str = field(default="", repr=False)
    """What sign-ins on their way are signed with; the same in every process that serves."""

    def build(self, own_origin: str, origins: Collection[str]) -> AccessRoutes:
        """The gate and the routes. `origins`: whose pages may use the session cookie, beside the service's own."""
        failed = SignInThrottle(self.throttle, self.proxies)
        cookies = CookieJar(own_origin.startswith("https:"), self.secret)
        authentication = None
        if self.api_tokens is not None:
            provider = self.sign_in.provider if self.sign_in is not None else None
            # "*" is for reading without a cookie: every page of the world is not among ours.
            trusted = set(origins) - {"*"}
            authentication = Authentication(self.api_tokens, provider, cookies, own_origin, trusted, failed)
        devices = None
        if self.device_tokens is not None:
            devices = DeviceGate(self.device_tokens, self.device_tokens_required, failed)
        sign_ins = SignIns(self.sign_in, cookies, failed, own_origin)
        return AccessRoutes(Gate(authentication, devices), authentication, sign_ins)


@frozen
class AccessRoutes:
    """The gate in front of all routes, and the routes that belong to it."""

    gate: Gate
    authentication: Authentication | None
    sign_ins: SignIns

    @property
    def takes_cookies(self) -> bool:
        """Whether a browser can have a session."""
        return self.authentication is not None and self.authentication.identity is not None

    def add_routes(self, app: falcon.App[Any, Any]) -> None:
        """`/api/auth`."""
        app.add_route("/api/auth/login", LoginResource(self.sign_ins))
        app.add_route(CALLBACK, CallbackResource(self.sign_ins))
        app.add_route(SIGN_OUT, LogoutResource(self.sign_ins))
        app.add_route("/api/auth/self", SelfResource(self.authentication))
