"""`iotconfig serve`: check the database, open the socket, start the processes, print the addresses."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from secrets import token_hex

from iotconfig._version import __version__

from .counting import Counting
from .exposure import warn_of_exposed_files
from .logs import log_to_stderr, reporting
from .settings import Settings
from .sockets import listen, listen_for_scrapes
from .startup_messages import address_of, startup_messages
from .supervisor import Supervisor
from .wiring import announcing
from .wiring.access import identity_provider
from .wiring.assets import signature_verifier
from .wiring.backends import backend
from .wiring.jobs import jobs
from .wiring.subscribing import reads_messages
from .wiring.transfers import shared_slots


def serve(environ: Mapping[str, str], host: str, port: int, workers: int, *, relays: bool) -> int:
    """Serve until SIGTERM or an interrupt; returns the exit status.

    Raises an `IotConfigError` where the start is refused: an unsafe bind, a
    database that is unavailable or not current, an address in use.
    """
    settings = Settings.from_environ(environ)
    report = reporting(settings, lambda sentence: print(sentence, flush=True))
    settings.access.require_safe_bind(host)
    broker = announcing.broker(settings)
    # Each worker makes these again. Made here first, a bad setting stops the start.
    signature_verifier(settings)
    identity_provider(settings)
    settings.access.require_base_url()
    database = backend(settings)
    applied = database.prepare()
    listener = listen(host, port, "Choose another --port?")
    scrapes = listen_for_scrapes(settings)
    # Only now: errors that refuse the start are printed once, by the command.
    log_to_stderr(settings)
    warn_of_exposed_files(settings, environ)
    for migration in applied:
        report(f"Applied migration {migration}")
    address = address_of(listener)
    if not settings.access.secret_key:
        # The same key for all workers, also later ones: the requests of one sign-in may reach different workers.
        environ = {**environ, "IOTCONFIG_SECRET_KEY": token_hex()}
    kept = ExitStack()
    environ = {**environ, **kept.enter_context(database.maintenance())}
    counting = Counting.begin(settings, report)
    environ = counting.environ(environ)
    settings = Settings.from_environ(environ)
    if scrapes is not None and not settings.telemetry.has_metrics:
        scrapes.close()
        scrapes = None
    supervisor = Supervisor(environ, settings.serving.graceful_timeout)
    ready, readiness = os.pipe()
    os.set_blocking(readiness, False)
    slots = shared_slots()
    supervisor.start(
        "iotconfig.entrypoints.web",
        [
            *("--socket", str(listener.fileno())),
            *("--ready", str(readiness)),
            *("--slots", str(slots)),
            *("--workers", str(workers)),
        ],
        [listener.fileno(), readiness, slots],
    )
    if jobs(settings, relays=relays):
        supervisor.start(
            "iotconfig.entrypoints.leader",
            [] if relays else ["--no-relay"],
            [],
            restarts=True,
            on_end=counting.forget,
        )
    if scrapes is not None:
        descriptor = scrapes.fileno()
        supervisor.start(
            "iotconfig.entrypoints.metrics", ["--socket", str(descriptor)], [descriptor], restarts=True
        )
    # Kept open here, it would accept connections that no process serves.
    listener.close()
    os.close(readiness)

    relay_to = str(broker) if relays and broker is not None else None

    def announce() -> None:
        plural = "worker" if workers == 1 else "workers"
        report(f"iotconfig {__version__} listens on {address} ({workers} {plural}), database {database}")
        for sentence in startup_messages(
            settings, address, relay_to, scrapes, reads_messages=relays and reads_messages(settings)
        ):
            report(sentence)

    try:
        return supervisor.run(ready, announce)
    finally:
        counting.end()
        kept.close()
