"""`iotconfig relay`: the jobs of a leader, in the process of the command."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack

from .jobs import running
from .settings import InvalidSetting, Settings
from .signals import Signals
from .sockets import listen_for_scrapes
from .wiring import announcing
from .wiring.backends import backend
from .wiring.jobs import jobs
from .wiring.observers import new_registry


def run_relay(settings: Settings, on_start: Callable[[str], None] = lambda _line: None) -> None:
    """Run the jobs of the leader, the relay among them, until SIGTERM or an interrupt.

    Raises an `IotConfigError` where the start is refused.
    """
    broker = announcing.broker(settings)
    if broker is None:
        raise InvalidSetting("MQTT_URL is not set: there is no broker to announce to.")
    backend(settings).require_current()
    stops = Signals(signal.SIGTERM, signal.SIGINT)
    registry = new_registry(settings)
    with ExitStack() as stack:
        if registry is not None and (scrapes := listen_for_scrapes(settings)) is not None:
            from .wiring.scrapes import answering

            stack.enter_context(answering(settings, scrapes, registry))
        opened = jobs(settings, registry=registry)
        for job in opened:
            job.open()
        stack.enter_context(running(opened))
        on_start(f"Relaying from {backend(settings)} to {broker}")
        stops.wait()
