"""Messages of `serve` after its start: addresses, authentication, and steps that are left to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.devices.tokens import DeviceAuth
from iotconfig.domain.errors import IotConfigError

from .logs import writes_json
from .settings import Settings
from .wiring import clock, web_app
from .wiring.services import open_services

_HEALTH: Final = "/api/health"
_DESCRIPTION: Final = "/api/docs"
_NO_WEB_APP: Final = "This installation was built without the web app (IOTCONFIG_SKIP_WEB)"


def address_of(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def startup_messages(
    settings: Settings,
    address: str,
    relay_to: str | None,
    scrapes: socket.socket | None,
    *,
    reads_messages: bool = False,
) -> Iterator[str]:
    """The messages, one sentence each, of a service that has started at `address`."""
    yield f"The web app is at {address}/" if web_app.has_web_app() else _NO_WEB_APP
    yield f"The API is described at {address}{_DESCRIPTION}"
    if relay_to is not None:
        yield f"Changes are announced to {relay_to}"
    if reads_messages:
        yield _messages(settings)
    yield _access(settings)
    if settings.access.device_auth is not DeviceAuth.OFF:
        yield _device_access(settings)
    yield _assets(settings)
    if scrapes is not None:
        yield f"Metrics are at {address_of(scrapes)}/metrics"
    if not writes_json(settings):
        yield f"Try:  curl {address}{_example_path(settings)}"


def _messages(settings: Settings) -> str:
    """Whether something shows that the messages of a device are its own."""
    proof = "" if settings.mqtt.restricts_devices else ", without proof that they are their own"
    return f"Reports of devices are read from the broker{proof}"


def _access(settings: Settings) -> str:
    """Whether operators must authenticate; if no token is valid, how to create one."""
    if not settings.access.is_auth_on:
        unused = ", and OIDC_ENABLED has no effect" if settings.access.oidc.enabled else ""
        return f"Authentication is off: everyone who can reach this address may change everything{unused}"
    if settings.access.oidc.enabled:
        return f"Authentication is on: API tokens, and sign-ins with {settings.access.oidc.issuer_url}"
    try:
        now = clock.utc_now()
        with open_services(settings, checks_schema=False) as services:
            has_any = any(token.state(now) == "active" for token in services.api_tokens.all())
    except IotConfigError:
        has_any = True
    if has_any:
        return "Authentication is on: API tokens"
    return (
        "Authentication is on, and no API token is valid. "
        "Create one:  iotconfig token create NAME --role admin"
    )


def _device_access(settings: Settings) -> str:
    if settings.access.device_auth is DeviceAuth.OPTIONAL:
        return "Device tokens are optional: a token that is sent must be valid"
    if settings.access.is_auth_on:
        return "Device tokens are required"
    return (
        "Device tokens are required, but the other routes of this address give the same documents to everyone: "
        "set IOTCONFIG_AUTH=on"
    )


def _assets(settings: Settings) -> str:
    closed = (
        "" if settings.content.signing_key_path else "; uploads are refused (SIGNING_KEY_PATH is not set)"
    )
    return f"Assets are in {Path(settings.content.assets_dir).absolute()}{closed}"


def _example_path(settings: Settings) -> str:
    """A path to try: the document of the first device if devices need no token, else the health check."""
    if settings.access.device_auth is DeviceAuth.REQUIRED:
        return _HEALTH
    try:
        # Past the use cases, which take longer to load than this takes to answer.
        with (
            open_services(settings, checks_schema=False) as services,
            services.persistence.store.reading() as view,
        ):
            page = view.configs.find(ConfigQuery(limit=1, count=False))
    except IotConfigError:
        return _HEALTH
    return f"/api/configs/{page.configs[0].mac_address}.json" if page.configs else _HEALTH
