"""`iotconfig serve`: check the database, open the socket, start the processes, say where they listen."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from secrets import token_hex

from iotconfig._version import __version__
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.search import ConfigQuery

from . import wiring
from .settings import InvalidSetting, Settings
from .supervisor import Supervisor

_BACKLOG = 65535
"""Connections that wait to be taken in. The kernel cuts it to `net.core.somaxconn`: that is the administrator's to say."""


def serve(environ: Mapping[str, str], host: str, port: int, workers: int, *, relays: bool) -> int:
    """Serve until told to end; the exit status.

    Raises an `IotConfigError` where the start is refused: an unsafe bind, a
    database away or behind, an address in use.
    """
    settings = Settings.from_environ(environ)
    settings.require_safe_bind(host)
    broker = wiring.broker(settings)
    wiring.signature_verifier(settings)
    url = wiring.database_url(settings)
    migrations = wiring.migrations(settings)
    if url.is_sqlite:
        for migration in migrations.upgrade():
            print(f"Applied migration {migration}")
    else:
        migrations.require_current()
    listener = _listen(host, port)
    address = _shown_address(listener)
    if not settings.sign_in_secret:
        # One for all workers, those that start later too: each may see another part of a sign-in.
        environ = {**environ, "IOTCONFIG_SECRET_KEY": token_hex()}
    supervisor = Supervisor(environ, settings.graceful_timeout)
    ready, report = os.pipe()
    os.set_blocking(report, False)
    supervisor.start(
        "iotconfig.entrypoints.web",
        ["--socket", str(listener.fileno()), "--ready", str(report), "--workers", str(workers)],
        [listener.fileno(), report],
    )
    if broker is not None and relays:
        supervisor.start("iotconfig.entrypoints.relay", [], [], restarts=True)
    # Kept open here, it would take connections in that nobody serves.
    listener.close()
    os.close(report)

    def announce() -> None:
        plural = "worker" if workers == 1 else "workers"
        print(f"iotconfig {__version__} listens on {address} ({workers} {plural}), database {url}")
        if broker is not None and relays:
            print(f"Changes are announced to {broker}")
        print(_described_access(settings))
        print(f"Try:  curl {address}{_example_path(settings)}", flush=True)

    return supervisor.run(ready, announce)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise InvalidSetting(f"Cannot listen on {host}:{port}: {_reason(error)}.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise InvalidSetting(
            f"Cannot listen on {host}:{port}: {_reason(error)}. Choose another --port?"
        ) from None
    return listener


def _reason(error: OSError | UnicodeError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _shown_address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def _described_access(settings: Settings) -> str:
    """Who is let in; where nobody is yet, how to change that."""
    if not settings.is_auth_on:
        return "Authentication is off: whoever reaches this address may change everything"
    if settings.oidc_enabled:
        return f"Authentication is on: API tokens, and sign-ins with {settings.oidc_issuer_url}"
    now = wiring.utc_now()
    with wiring.open_api_tokens(settings) as tokens:
        if any(token.state(now) == "active" for token in tokens.all()):
            return "Authentication is on: API tokens"
    return (
        "Authentication is on, and no API token holds yet. "
        "Create one:  iotconfig token create NAME --role admin"
    )


def _example_path(settings: Settings) -> str:
    """A route that has something to show: the first device's document, where there is a device."""
    try:
        with wiring.open_service(settings) as service:
            first = service.find(ConfigQuery(limit=1, count=False)).configs
    except IotConfigError:
        first = ()
    return f"/api/configs/{first[0].mac_address}.json" if first else "/api/health"
