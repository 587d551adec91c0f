"""The relay process: runs relay steps until told to end."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event
from time import monotonic
from typing import Final

from iotconfig.domain.announcing.ports import Lease
from iotconfig.domain.announcing.relay import Pause
from iotconfig.domain.errors import IotConfigError

from . import lifeline, wiring
from .logs import log_to_stderr
from .settings import InvalidSetting, Settings
from .sockets import listen_for_scrapes
from .wiring.observers import new_registry

log = logging.getLogger(__name__)

_SLICE: Final = 0.25
"""Seconds after which a wait looks whether the process is to end."""


def run_relay(
    settings: Settings, on_start: Callable[[str], None] = lambda _line: None, *, is_alone: bool = True
) -> None:
    """Relay until SIGTERM or an interrupt. Raises an `IotConfigError` where the start is refused.

    `is_alone`: nobody else answers at the address for metrics.
    """
    broker = wiring.broker(settings)
    if broker is None:
        raise InvalidSetting("MQTT_URL is not set: there is no broker to announce to.")
    wiring.migrations(settings).require_current()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    registry = new_registry(settings)
    with ExitStack() as stack:
        if is_alone and registry is not None and (scrapes := listen_for_scrapes(settings)) is not None:
            from .metrics import answering

            stack.enter_context(answering(settings, scrapes, registry))
        relay, lease = stack.enter_context(wiring.open_relay(settings, broker, registry))
        on_start(f"Relaying from {wiring.database_url(settings)} to {broker}")
        while not stop.is_set():
            _wait(relay.run_once(), lease, stop)


def _wait(pause: Pause, lease: Lease, stop: Event) -> None:
    until = monotonic() + pause.seconds
    while not stop.is_set() and (left := until - monotonic()) > 0:
        if pause.wakes:
            if lease.wait(min(left, _SLICE)):
                return
        else:
            stop.wait(min(left, _SLICE))


def main() -> None:
    """Relay under a supervisor, and end with it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    lifeline.follow(parser.parse_args().lifeline)
    settings = Settings.from_environ(os.environ)
    log_to_stderr(settings)
    try:
        run_relay(settings, is_alone=False)
    except IotConfigError as error:
        log.error("relay: %s", error)  # noqa: TRY400 - a refusal, and no fault to be traced
        sys.exit(1)


if __name__ == "__main__":
    main()
