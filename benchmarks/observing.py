"""The cost of logging and counting a request: the device route in one process, without sockets."""

from __future__ import annotations

import argparse
import io
import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any

from tests.support.apps import app_in_memory

from benchmarks.harness import machine, rounds
from iotconfig import ConfigContent, ConfigService, MacAddress
from iotconfig.adapters.logs import LoggedAccess, Output, WrittenAccess
from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.telemetry import Observer

_REQUESTS = 2_000


def _now() -> datetime:
    return datetime.now(UTC)


def _environ() -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/api/configs/02:00:00:00:00:01.json",
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "HTTP_HOST": "127.0.0.1:8080",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }


def contestant(observers: tuple[Observer, ...] = (), **options: Any) -> Callable[[], float]:
    """A run of fetches by an application with these observers and options, which returns the microseconds of each."""
    store = MemoryStore()
    service = ConfigService(store, _now)
    service.create(MacAddress("02:00:00:00:00:01"), ConfigContent.parse('{"deviceName": "a"}'))
    app = app_in_memory(store, _now, observers=observers, **options)

    def run() -> float:
        """Microseconds per request."""
        environs = [_environ() for _ in range(_REQUESTS)]
        began = thread_time()
        for environ in environs:
            for _block in app(environ, lambda _status, _headers: None):  # type: ignore[arg-type]
                pass
        return (thread_time() - began) / _REQUESTS * 1e6

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with ExitStack() as stack:
        # Before prometheus_client is imported, as in the processes of serve.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(TemporaryDirectory(dir="/dev/shm"))
        from prometheus_client import CollectorRegistry  # noqa: PLC0415

        from iotconfig.adapters.metrics import HttpMetrics  # noqa: PLC0415

        logging.getLogger("iotconfig").setLevel(logging.INFO)
        file = stack.enter_context(open(os.devnull, "wb"))  # noqa: PTH123 - a descriptor is what is wanted
        written = WrittenAccess(Output(file.fileno()))
        counting = HttpMetrics(CollectorRegistry())
        contestants = {
            "no observer": contestant(()),
            "a line": contestant((written,)),
            "counters": contestant((counting,)),
            "both": contestant((written, counting)),
            "a line of logging's": contestant((LoggedAccess(),)),
        }
        logging.getLogger().addHandler(logging.StreamHandler(open(os.devnull, "w")))  # noqa: PTH123, SIM115
        found = rounds(contestants, given.rounds)
    print(f"observing: {_REQUESTS} fetches a round; {machine()}")
    for name, microseconds in found.items():
        print(f"  {name:20} {microseconds:6.1f} us a request, {microseconds - found['no observer']:+5.1f}")


if __name__ == "__main__":
    main()
