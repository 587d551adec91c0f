"""Assembles authentication and authorization of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex

from attrs import field, frozen

from iotconfig.adapters.networks import Network
from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.access.sign_in import SignInService
from iotconfig.domain.access.throttle import Throttle
from iotconfig.domain.devices.tokens import DeviceTokenService

from .access.authentication import Authentication
from .access.cookies import CookieJar
from .access.device_gate import DeviceGate
from .access.gate import Gate
from .access.rules import Rule
from .access.sign_in_throttle import SignInThrottle
from .access.sign_ins import SignIns
from .access.signed_values import SignedValues
from .access.site_guard import SiteGuard
from .access.terminals import Terminals
from .access.token_sessions import TokenSessions


@frozen
class AccessControl:
    """How callers are authenticated. Without API tokens, every caller is the local administrator."""

    throttle: Throttle
    """Of failed sign-ins."""
    polls: Throttle
    """Of requests for the session of one sign-in at a terminal."""
    api_tokens: ApiTokenService | None = None
    """None: authentication is off."""
    sign_in: SignInService | None = None
    """None: there is no identity provider."""
    device_tokens: DeviceTokenService | None = None
    """None: the devices' routes are public."""
    device_tokens_required: bool = False
    proxies: Sequence[Network] = ()
    """Networks of trusted proxies: their `X-Forwarded-For` is evaluated."""
    secret: str = field(factory=token_hex, repr=False)
    """The key that signs sessions and sign-ins in progress; the same in every serving process."""

    def build(self, rules: Mapping[str, Rule], sites: SiteGuard) -> AccessParts:
        """Build the gate and the state of sign-ins.

        `rules`: the access rule of each route.
        `sites`: its origins are those whose pages may use the session cookie.
        """
        own_origin = sites.own_origin
        failed = SignInThrottle(self.throttle, self.proxies)
        cookies = CookieJar(own_origin.startswith("https:"), SignedValues(self.secret, "sign-in"))
        authentication = sessions = None
        if self.api_tokens is not None:
            provider = self.sign_in.provider if self.sign_in is not None else None
            # "*" allows reading without a cookie; it does not make every page trusted.
            trusted = set(sites.origins) - {"*"}
            signed = SignedValues(self.secret, "token-session")
            sessions = TokenSessions(self.api_tokens, cookies.is_https, signed, failed)
            authentication = Authentication(
                self.api_tokens, provider, cookies, sessions, own_origin, trusted, failed
            )
        devices = None
        if self.device_tokens is not None:
            devices = DeviceGate(self.device_tokens, self.device_tokens_required, failed)
        sign_ins = SignIns(self.sign_in, cookies, sessions, failed, own_origin)
        terminals = Terminals(self.sign_in, failed, self.polls, SignedValues(self.secret, "terminal"))
        return AccessParts(Gate(rules, sites, authentication, devices), authentication, sign_ins, terminals)


@frozen
class AccessParts:
    """The gate in front of all routes, and what the routes of `/api/auth` need."""

    gate: Gate
    authentication: Authentication | None
    sign_ins: SignIns
    terminals: Terminals

    @property
    def takes_cookies(self) -> bool:
        """Whether a browser can have a session."""
        return self.authentication is not None
