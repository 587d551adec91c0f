"""What the web process runs: gunicorn with our worker.

psycopg detects gevent's patches when it is imported, and gunicorn's workers
patch after the fork: this module must not import psycopg.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gunicorn.app.base import BaseApplication

from iotconfig.adapters.gunicorn.arbiter import PatientArbiter
from iotconfig.adapters.gunicorn.heartbeats import beat_in_memory
from iotconfig.adapters.gunicorn.worker import OPTIONS, DeadlineWorker, ProcessLogger

from . import lifeline
from .counting import forget_counts_of
from .garbage import loading
from .logs import log_to_stderr
from .settings import Settings


class _Web(BaseApplication):
    """gunicorn, configured from our settings only: no file, no arguments, no control socket."""

    def __init__(self, options: dict[str, Any], make_app: Callable[[], Any]) -> None:
        self._options = options
        self._make_app = make_app
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._make_app()

    def run(self) -> None:
        PatientArbiter(self).run()


def run() -> None:
    """Serve on an inherited socket until SIGTERM, or until the supervisor ends."""
    parser = argparse.ArgumentParser()
    for descriptor in ("--socket", "--lifeline", "--ready", "--slots"):
        parser.add_argument(descriptor, type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    given = parser.parse_args()
    settings = Settings.from_environ(os.environ)
    access_log = log_to_stderr(settings)
    _allow_descriptors()
    beat_in_memory()

    def make_app() -> Any:
        with loading():
            # In the worker, after gevent has patched its interpreter.
            from .wiring.application import app_of
            from .wiring.observers import observed

            watched = observed(settings, access_log)
            DeadlineWorker.observers = watched.observers
            ends: list[Callable[[], None]] = []
            DeadlineWorker.at_stop = ends
            return app_of(settings, watched, given.slots, ends.append)

    def announce_ready(_worker: object) -> None:
        # The supervisor reads the first byte only; later ones may not fit into the pipe.
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(given.ready, b".")

    def end_at_once(_arbiter: object, _worker: object) -> None:
        # Until a worker has its own handler, it has the arbiter's, which would ignore the signal.
        signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))

    def follow_supervisor(_arbiter: object) -> None:
        lifeline.follow(given.lifeline)

    def forget(_arbiter: object, worker: Any) -> None:
        forget_counts_of(settings, worker.pid)

    def remove_metrics(_arbiter: object) -> None:
        # In case the supervisor was killed; otherwise it does this.
        if settings.telemetry.metrics_directory:
            shutil.rmtree(settings.telemetry.metrics_directory, ignore_errors=True)

    _Web(
        {
            "bind": f"fd://{given.socket}",
            "workers": given.workers,
            "worker_class": _worker_class(settings),
            "graceful_timeout": settings.serving.graceful_timeout,
            "loglevel": "warning",
            "logger_class": ProcessLogger,
            "errorlog": None,
            "control_socket_disable": True,
            **OPTIONS,
            "when_ready": follow_supervisor,
            "post_fork": end_at_once,
            "post_worker_init": announce_ready,
            "child_exit": forget,
            "on_exit": remove_metrics,
        },
        make_app,
    ).run()


def _allow_descriptors() -> None:
    """Raise the soft limit of descriptors to the hard one: the usual 1024 is for programs that call `select`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _worker_class(settings: Settings) -> type[DeadlineWorker]:
    attributes = {
        "deadlines": settings.serving.deadlines,
        "connections_per_address": settings.serving.connections_per_address,
        "proxies": settings.access.trusted_proxies,
    }
    return type("Worker", (DeadlineWorker,), attributes)
