"""The use cases of commands on a service. Outside of `wiring`, which loads what a database needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from iotconfig.adapters.remote.address import ServiceAddress
from iotconfig.adapters.remote.logins import Logins, logins_path
from iotconfig.domain.errors import AuthenticationRequired, IotConfigError

from .settings import parsers
from .settings.client import ClientSettings
from .settings.fields import InvalidSetting, read

if TYPE_CHECKING:
    from iotconfig.adapters.remote.identity import RemoteIdentity
    from iotconfig.adapters.remote.services import RemoteServices


def client_settings(environ: Mapping[str, str]) -> ClientSettings | None:
    """The service that commands work on, and the token for it; None where they work on a database.

    The environment takes precedence over stored logins, for the URL as for the token; and a database in the
    environment takes precedence over a login.
    """
    settings = read(ClientSettings, environ)
    path = logins_path(environ)
    if settings.url is None:
        if environ.get("DATABASE_URL") or environ.get("DATABASE_URL_FILE") or path is None:
            return None
        current = Logins.read(path).current
        if current is None:
            return None
        settings = evolve(settings, url=ServiceAddress.parse(current))
    if settings.token or path is None or settings.url is None:
        return settings
    token = Logins.read(path).tokens.get(str(settings.url), "")
    return evolve(settings, token=token)


def login(
    environ: Mapping[str, str], url: str | None, ask_token: Callable[[str], str]
) -> tuple[str, RemoteIdentity]:
    """Check a token at a service, and keep it. Returns the URL, and whom the service takes the token for.

    url: None for the one in the environment.
    ask_token: returns the token; it gets the URL. It is not called where the service requires none.

    Raises `InvalidSetting`, `AuthenticationRequired`, and the errors of a service that is away.
    """
    from iotconfig.adapters.remote.connection import ServiceConnection
    from iotconfig.adapters.remote.identity import RemoteIdentities

    path = _required_path(environ)
    settings = read(ClientSettings, environ)
    try:
        address = settings.url if url is None else ServiceAddress.parse(url)
    except IotConfigError as error:
        raise InvalidSetting(f"URL: {error}") from None
    if address is None:
        raise InvalidSetting(
            "Name the service: 'iotconfig login https://iot.example.org', or set IOTCONFIG_URL."
        )
    proxy, token = _proxy_of(address, environ), ""
    try:
        # Without the token first: a server that is no iotconfig service must not get it.
        with ServiceConnection(address, "", proxy) as service:
            identity = RemoteIdentities(service).whoami()
    except AuthenticationRequired:
        token = _checked(ask_token(str(address)))
        # Refuses to send it without encryption.
        ClientSettings(address, token, settings.allow_plain_http)
        with ServiceConnection(address, token, proxy) as service:
            identity = RemoteIdentities(service).whoami()
    Logins.read(path).with_login(str(address), token).write(path)
    return str(address), identity


def logout(environ: Mapping[str, str], url: str | None) -> str | None:
    """Remove the token of a service from the file. Returns its URL, or None where there was no login.

    url: None for the service that commands work on.
    """
    path = _required_path(environ)
    logins = Logins.read(path)
    if url is not None:
        found: str | None = str(ServiceAddress.parse(url))
    else:
        settings = read(ClientSettings, environ)
        found = logins.current if settings.url is None else str(settings.url)
    if found is None or found not in logins.tokens:
        return None
    logins.without(found).write(path)
    return found


def _required_path(environ: Mapping[str, str]) -> Path:
    path = logins_path(environ)
    if path is None:
        raise InvalidSetting("There is no home directory to keep a login in: set HOME or XDG_CONFIG_HOME.")
    return path


def _checked(token: str) -> str:
    try:
        return parsers.token(token)
    except IotConfigError as error:
        raise InvalidSetting(f"The token is malformed: {error}.") from None


@contextmanager
def open_remote_services(
    address: ServiceAddress, token: str, environ: Mapping[str, str]
) -> Iterator[RemoteServices]:
    """Open the use cases; connections to the service are closed at the end of the block.

    environ: has the proxies, in the variables that most programs read (`https_proxy`, `no_proxy`, …).
    """
    from iotconfig.adapters.remote.connection import ServiceConnection
    from iotconfig.adapters.remote.services import RemoteServices

    with ServiceConnection(address, token, _proxy_of(address, environ)) as service:
        yield RemoteServices(service)


def _proxy_of(address: ServiceAddress, environ: Mapping[str, str]) -> str:
    """The proxy for requests to the service; empty for none. What stays on this machine needs none."""
    if address.is_local or not any(name.lower().endswith("_proxy") for name in environ):
        return ""
    # It takes longer to import than the whole of a command without a proxy.
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(address.host):
        return ""
    found = getproxies()
    return found.get("https" if address.is_encrypted else "http") or found.get("all", "")
