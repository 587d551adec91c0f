"""Authentication, and the addresses that requests come from and go to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from attrs import frozen

from iotconfig.adapters.networks import Network
from iotconfig.domain.devices.tokens import DeviceAuth

from . import parsers
from .fields import InvalidSetting, section, setting
from .oidc import OidcSettings


@frozen
class AccessSettings:
    """Authentication, and the addresses that requests come from and go to."""

    auth: bool | None = setting(
        "IOTCONFIG_AUTH",
        parsers.flag,
        None,
        "on requires an API token, or a sign-in with the identity provider. "
        "Unset, it is on if OIDC_ENABLED is true",
    )
    allow_anonymous: bool = setting(
        "IOTCONFIG_ALLOW_ANONYMOUS",
        parsers.flag,
        False,
        "Serve other machines without authentication",
    )
    device_auth: DeviceAuth = setting(
        "IOTCONFIG_DEVICE_AUTH",
        parsers.choice(DeviceAuth),
        DeviceAuth.OFF,
        "Device tokens: off; optional (a token that is sent must be valid); or required",
    )
    sign_in_failures: int = setting(
        "IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE",
        parsers.number(int, 1, 10_000),
        10,
        "Failed sign-ins of one address in each worker, above which the answer is 429",
    )
    secret_key: str = setting(
        "IOTCONFIG_SECRET_KEY",
        parsers.secret_key,
        "",
        "The key that signs the state of a sign-in, and the sessions of API tokens: at least 32 random characters, the "
        "same on all machines that serve. Unset, each start makes a new one, and ends these sessions",
        secret=True,
    )
    base_url: str = setting(
        "BASEURL",
        parsers.base_url,
        "",
        "The address at which browsers reach the service, such as https://iot.example.org. Needed with OIDC_ENABLED, "
        "and behind a proxy that rewrites Host",
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGINS",
        parsers.origins,
        (),
        "Origins whose pages may call the API: a JSON array, or separated by commas",
    )
    trusted_proxies: tuple[Network, ...] = setting(
        "IOTCONFIG_TRUSTED_PROXIES",
        parsers.networks,
        (),
        "Addresses or networks of proxies whose X-Forwarded-For is trusted, separated by commas",
    )
    oidc: OidcSettings = section(OidcSettings)

    @property
    def is_auth_on(self) -> bool:
        """Whether operators must authenticate."""
        return self.oidc.enabled if self.auth is None else self.auth

    def require_safe_bind(self, host: str) -> None:
        """Raise `InvalidSetting` where other machines could reach a service without authentication."""
        if self.allow_anonymous or self.is_auth_on:
            return
        for address, origin in ((host, "--host"), (urlsplit(self.base_url).hostname, "BASEURL")):
            if address and not is_loopback(address):
                raise InvalidSetting(
                    f"{origin}: {address} is reachable from other machines, and no authentication is configured. "
                    "Keep to 127.0.0.1, set IOTCONFIG_AUTH=on, "
                    "or IOTCONFIG_ALLOW_ANONYMOUS=true if everyone there may change everything."
                )

    def require_base_url(self) -> None:
        """Raise `InvalidSetting` where a provider has no address to send people back to after a sign-in."""
        if self.oidc.enabled and self.is_auth_on and not self.base_url:
            raise InvalidSetting(
                "BASEURL: it is needed with OIDC_ENABLED=true: the address under which browsers reach the service, "
                "such as https://iot.example.org, or http://127.0.0.1:8080 on this machine"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
