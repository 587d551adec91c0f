"""The metrics process: `/metrics` on a separate address, independent of the web process and the relay."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import MetricsServer

from . import lifeline
from .logs import log_to_stderr
from .services import open_services
from .settings import Settings
from .wiring import metrics


@contextmanager
def answering(settings: Settings, listener: socket.socket, registry: CollectorRegistry) -> Iterator[None]:
    """Answer scrapes on `listener` until the end of the block."""
    with open_services(settings, checks_schema=False) as services:
        exposition = metrics.exposition(
            settings, registry, services.configs, services.notifications, services.database.log
        )
        with MetricsServer(listener, exposition.render, settings.telemetry.metrics_token) as server:
            thread = Thread(target=server.serve_forever, name="metrics-server", daemon=True)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def main() -> None:
    """Answer scrapes on an inherited socket until SIGTERM."""
    parser = argparse.ArgumentParser()
    for descriptor in ("--socket", "--lifeline"):
        parser.add_argument(descriptor, type=int, required=True)
    given = parser.parse_args()
    settings = Settings.from_environ(os.environ)
    log_to_stderr(settings)
    # Before any thread starts, so that SIGTERM is blocked in all and only `sigwait` receives it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    lifeline.follow(given.lifeline)
    with answering(settings, socket.socket(fileno=given.socket), CollectorRegistry()):
        signal.sigwait({signal.SIGTERM})
    sys.exit(0)


if __name__ == "__main__":
    main()
