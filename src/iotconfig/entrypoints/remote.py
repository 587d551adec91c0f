"""The use cases of commands on a service. Outside of `wiring`, which loads what a database needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from iotconfig.adapters.remote.address import ServiceAddress
from iotconfig.adapters.remote.logins import Logins, logins_path
from iotconfig.domain.errors import AuthenticationRequired, IotConfigError, Unprocessable

from .settings import parsers
from .settings.client import ClientSettings
from .settings.fields import InvalidSetting, read

if TYPE_CHECKING:
    from iotconfig.adapters.remote.identity import RemoteIdentity
    from iotconfig.adapters.remote.services import RemoteServices
    from iotconfig.adapters.remote.terminal_sign_ins import RemoteTerminalSignIn


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


@frozen
class Login:
    """A login that was kept."""

    installation: str
    """The URL of the service."""
    caller: RemoteIdentity
    """Whom the service takes the token for."""
    expires_in: int | None
    """The seconds for which it is valid; None for an API token, or without one."""


@frozen
class Logout:
    """A login that was forgotten."""

    installation: str
    """The URL of the service."""
    sign_out_url: str | None
    """The page that ends a person's sign-in in the browser; None for an API token."""


def login(
    environ: Mapping[str, str],
    url: str | None,
    ask_token: Callable[[str, str], str],
    show_sign_in: Callable[[RemoteTerminalSignIn], None] | None,
) -> Login:
    """Sign in to a service, or check an API token there; keep the login.

    url: None for the one in the environment.
    ask_token: returns an API token; it gets the URL, and the reason for which nobody can sign in there, empty for
    none. It is not called where a person signs in, or the service requires no token.
    show_sign_in: shows a person what to do to sign in; None to use an API token in any case.

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
    proxy, token, expires_in = _proxy_of(address, environ), "", None
    try:
        # Without the token first: a server that is no iotconfig service must not get it.
        with ServiceConnection(address, "", proxy) as service:
            caller = RemoteIdentities(service).whoami()
    except AuthenticationRequired:
        # Refuses to send it without encryption, before a person has to do anything.
        ClientSettings(address, "a token", settings.allow_plain_http)
        token, expires_in = _credential(address, proxy, ask_token, show_sign_in)
        with ServiceConnection(address, token, proxy) as service:
            caller = RemoteIdentities(service).whoami()
    Logins.read(path).with_login(str(address), token).write(path)
    return Login(str(address), caller, expires_in)


def _credential(
    address: ServiceAddress,
    proxy: str,
    ask_token: Callable[[str, str], str],
    show_sign_in: Callable[[RemoteTerminalSignIn], None] | None,
) -> tuple[str, int | None]:
    """The token of a person who signs in, with its seconds, or an API token; as `login` describes it."""
    from iotconfig.adapters.remote.connection import ServiceConnection
    from iotconfig.adapters.remote.terminal_sign_ins import RemoteTerminalSignIns

    why = ""
    if show_sign_in is not None:
        with ServiceConnection(address, "", proxy) as service:
            sign_ins = RemoteTerminalSignIns(service)
            try:
                sign_in = sign_ins.begin()
            except Unprocessable as error:
                sign_in, why = None, str(error)
            if sign_in is not None:
                show_sign_in(sign_in)
                session = sign_ins.session(sign_in)
                return session.token, session.expires_in
    return _checked(ask_token(str(address), why)), None


def logout(environ: Mapping[str, str], url: str | None) -> Logout | None:
    """Remove the token of a service from the file; None where there was no login.

    url: None for the service that commands work on.
    """
    from iotconfig.adapters.remote.credentials import Credential

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
    is_session = Credential.of(logins.tokens[found]) is Credential.SESSION
    return Logout(found, f"{found}/api/auth/logout" if is_session else None)


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
