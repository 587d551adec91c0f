"""The leader process: runs background jobs side by side until a signal ends it. The relay is one of them."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Final

from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.jobs.ports import Wait
from iotconfig.domain.jobs.restarting import RestartingJob

from . import lifeline, wiring
from .logs import log_to_stderr
from .settings import InvalidSetting, Settings
from .sockets import listen_for_scrapes
from .wiring.observers import new_registry

log = logging.getLogger(__name__)

_SLICE: Final = 0.25
"""Seconds after which a wait for a wake-up checks whether the process is to end."""


def run_relay(
    settings: Settings, on_start: Callable[[str], None] = lambda _line: None, *, is_alone: bool = True
) -> None:
    """Run the relay, and no other job, until SIGTERM or an interrupt.

    `is_alone`: no other process serves the address for metrics.
    Raises an `IotConfigError` where the start is refused.
    """
    broker = wiring.broker(settings)
    if broker is None:
        raise InvalidSetting("MQTT_URL is not set: there is no broker to announce to.")
    wiring.migrations(settings).require_current()
    # A handler may run at any point of this thread, so it takes no lock: `SimpleQueue.put` is re-entrant.
    signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: signals.put(received))
    registry = new_registry(settings)
    with ExitStack() as stack:
        if is_alone and registry is not None and (scrapes := listen_for_scrapes(settings)) is not None:
            from .metrics import answering

            stack.enter_context(answering(settings, scrapes, registry))
        relay = wiring.relay_job(settings, broker, registry)
        relay.open()
        stack.enter_context(running([relay]))
        on_start(f"Relaying from {wiring.database_url(settings)} to {broker}")
        signals.get()


@contextmanager
def running(jobs: Sequence[RestartingJob]) -> Iterator[None]:
    """Run each job in a thread of its own while the block runs; at its end, finish their steps and close them.

    A job that fails, or hangs, does not hold up the others.
    """
    stop = Event()
    threads = [Thread(target=_run, args=(job, stop), name=f"job-{job.name}") for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _run(job: RestartingJob, stop: Event) -> None:
    with closing(job):
        while not stop.is_set():
            _wait(job.run_once(), job, stop)


def _wait(wait: Wait, job: RestartingJob, stop: Event) -> None:
    until = monotonic() + wait.seconds
    while not stop.is_set() and (left := until - monotonic()) > 0:
        if not wait.wakes:
            stop.wait(left)
        elif job.wait_for_wakeup(min(left, _SLICE)):
            return


def main() -> None:
    """Run the jobs under a supervisor, and end with it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    lifeline.follow(parser.parse_args().lifeline)
    settings = Settings.from_environ(os.environ)
    log_to_stderr(settings)
    try:
        run_relay(settings, is_alone=False)
    except IotConfigError as error:
        log.error("relay: %s", error)  # noqa: TRY400 - a refusal with a reason, not a defect
        sys.exit(1)


if __name__ == "__main__":
    main()
