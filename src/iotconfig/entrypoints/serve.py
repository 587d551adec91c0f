"""`iotconfig serve`: check the database, open the socket, start the processes, say where they listen."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING

from iotconfig._version import __version__
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.search import ConfigQuery

from . import wiring
from .listening import listen, listen_for_scrapes
from .logs import log_to_stderr, telling, writes_json
from .settings import Settings
from .supervisor import Supervisor

if TYPE_CHECKING:
    from iotconfig.adapters.mqtt import Broker


def serve(environ: Mapping[str, str], host: str, port: int, workers: int, *, relays: bool) -> int:
    """Serve until told to end; the exit status.

    Raises an `IotConfigError` where the start is refused: an unsafe bind, a
    database away or behind, an address in use.
    """
    settings = Settings.from_environ(environ)
    tell = telling(settings, lambda sentence: print(sentence, flush=True))
    settings.require_safe_bind(host)
    broker = wiring.broker(settings)
    wiring.signature_verifier(settings)
    url = wiring.database_url(settings)
    migrations = wiring.migrations(settings)
    if url.is_sqlite:
        applied = migrations.upgrade()
    else:
        migrations.require_current()
        applied = ()
    listener = listen(host, port, "Choose another --port?")
    scrapes = listen_for_scrapes(settings)
    # From here on; what refuses the start is said once, by the command's error.
    log_to_stderr(settings)
    for migration in applied:
        tell(f"Applied migration {migration}")
    address = _shown_address(listener)
    if not settings.sign_in_secret:
        # One for all workers, those that start later too: each may see another part of a sign-in.
        environ = {**environ, "IOTCONFIG_SECRET_KEY": token_hex()}
    metrics = _metrics_directory() if settings.has_metrics else ""
    if metrics:
        environ = {**environ, "PROMETHEUS_MULTIPROC_DIR": metrics}
    supervisor = Supervisor(environ, settings.graceful_timeout)
    ready, report = os.pipe()
    os.set_blocking(report, False)
    supervisor.start(
        "iotconfig.entrypoints.web",
        ["--socket", str(listener.fileno()), "--ready", str(report), "--workers", str(workers)],
        [listener.fileno(), report],
    )
    relay_to = broker if relays else None
    if relay_to is not None:
        supervisor.start(
            "iotconfig.entrypoints.relay", [], [], restarts=True, on_end=lambda pid: _forget(metrics, pid)
        )
    if scrapes is not None:
        descriptor = scrapes.fileno()
        supervisor.start(
            "iotconfig.entrypoints.metrics", ["--socket", str(descriptor)], [descriptor], restarts=True
        )
    # Kept open here, it would take connections in that nobody serves.
    listener.close()
    os.close(report)

    def announce() -> None:
        plural = "worker" if workers == 1 else "workers"
        tell(f"iotconfig {__version__} listens on {address} ({workers} {plural}), database {url}")
        for sentence in _more(settings, address, relay_to, scrapes):
            tell(sentence)

    try:
        return supervisor.run(ready, announce)
    finally:
        if metrics:
            shutil.rmtree(metrics, ignore_errors=True)


def _more(
    settings: Settings, address: str, relay_to: Broker | None, scrapes: socket.socket | None
) -> Iterator[str]:
    """What else there is to tell of a service that has started."""
    if relay_to is not None:
        yield f"Changes are announced to {relay_to}"
    yield _described_access(settings)
    if scrapes is not None:
        yield f"Metrics are at {_shown_address(scrapes)}/metrics"
    if not writes_json(settings):
        yield f"Try:  curl {address}{_example_path(settings)}"


def _metrics_directory() -> str:
    """Where the processes count together: in memory where there is such a place, for a busy disk makes writers wait."""
    memory = "/dev/shm"  # noqa: S108 - a directory of our own is made in it
    return tempfile.mkdtemp(prefix="iotconfig-metrics-", dir=memory if os.access(memory, os.W_OK) else None)


def _forget(metrics: str, pid: int) -> None:
    if metrics:
        from iotconfig.adapters.metrics import forget_process

        forget_process(metrics, pid)


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
