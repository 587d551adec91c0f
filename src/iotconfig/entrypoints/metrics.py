"""The metrics process: `/metrics` on a separate address, independent of the web process and the leader."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys

from prometheus_client import CollectorRegistry

from . import lifeline
from .logs import log_to_stderr
from .settings import Settings
from .signals import Signals
from .wiring.scrapes import answering


def main() -> None:
    """Answer scrapes on an inherited socket until SIGTERM."""
    parser = argparse.ArgumentParser()
    for descriptor in ("--socket", "--lifeline"):
        parser.add_argument(descriptor, type=int, required=True)
    given = parser.parse_args()
    settings = Settings.from_environ(os.environ)
    log_to_stderr(settings)
    stops = Signals(signal.SIGTERM)
    lifeline.follow(given.lifeline)
    with answering(settings, socket.socket(fileno=given.socket), CollectorRegistry()):
        stops.wait()
    sys.exit(0)


if __name__ == "__main__":
    main()
