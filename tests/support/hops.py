"""The walk of a request through the package: each call into one of its functions, in order.

The worker of `iotconfig serve` handles a connection in this process, with the application and the access log that
`serve` has by default. Only two things differ: the standard library is not patched for gevent, so the wait
for the database's socket is psycopg's own, and a thread has the place of a greenlet. Neither calls functions of ours.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPResponse
from pathlib import Path
from socket import socketpair
from threading import Thread
from types import FrameType
from typing import Final

from attrs import frozen

import iotconfig
from iotconfig.adapters.logs import Output, WrittenAccess
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.application import app_on
from iotconfig.entrypoints.wiring.observers import observed
from iotconfig.entrypoints.wiring.services import services_on_database

from .worker import InProcessWorker

_PACKAGE: Final = f"{Path(iotconfig.__file__).parent}/"
_READS: Final = "DeadlineSocket.recv"
"""The first hop of a request: the worker waits for its bytes."""
_ACCESS_LOG: Final = "iotconfig.access"


@frozen
class Hop:
    """A call into a function of the package."""

    module: str
    """Its file below `src/iotconfig`, without the suffix."""
    function: str

    def __str__(self) -> str:
        return f"{self.module}: {self.function}"

    @property
    def is_of_worker(self) -> bool:
        """Whether it is a hop of the server, before or after the application."""
        return self.module.startswith("adapters/gunicorn/")


Walk = Sequence[Hop]
Send = Callable[[str, str, Sequence[bytes | None]], Walk]
"""Sends requests with this method, path and bodies of JSON on one connection, and returns the walk of the second.

There are at least three, each sent after the answer to the last one: the first finds nothing prepared.
"""
THREE_WITHOUT_BODY: Final = (None, None, None)


class _Recorder:
    """A profile function that records hops. Comprehensions and generated methods are not counted."""

    def __init__(self) -> None:
        self.hops: list[Hop] = []

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_PACKAGE):
            name = code.co_qualname.replace(".<locals>", "")
            if not name.endswith(("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")):
                self.hops.append(Hop(code.co_filename[len(_PACKAGE) :].removesuffix(".py"), name))


@contextmanager
def walked(database_url: str) -> Iterator[Send]:
    """The service on this database, for as long as the block runs."""
    # One connection, so that the first request prepares all statements.
    settings = Settings.from_environ({"DATABASE_URL": database_url, "IOTCONFIG_DB_POOL_SIZE": "1"})
    level = logging.getLogger(_ACCESS_LOG).level
    with ExitStack() as stack:
        services = services_on_database(settings)
        stack.enter_context(closing(services.persistence))
        log = stack.enter_context(open(os.devnull, "wb"))  # noqa: PTH123 - a descriptor is what is wanted
        access_log = WrittenAccess(Output(log.fileno()))
        app = app_on(services, observed(settings, access_log))
        worker = stack.enter_context(closing(InProcessWorker(app, "auto")))
        stack.callback(logging.getLogger(_ACCESS_LOG).setLevel, level)
        logging.getLogger(_ACCESS_LOG).setLevel(logging.INFO)
        yield partial(_walk, worker)


def _walk(worker: InProcessWorker, method: str, path: str, bodies: Sequence[bytes | None]) -> Walk:
    near, far = socketpair()
    near.settimeout(30)
    statuses: list[int] = []

    def converse() -> None:
        with near:
            for body in bodies:
                near.sendall(_request(method, path, body))
                with HTTPResponse(near, method=method) as answer:
                    answer.begin()
                    answer.read()
                    statuses.append(answer.status)

    client = Thread(target=converse)
    recorder = _Recorder()
    client.start()
    # A collection would call what other work has left behind.
    gc.disable()
    sys.setprofile(recorder)
    try:
        worker.serve(far)
    finally:
        sys.setprofile(None)
        gc.enable()
    client.join()
    assert [200] * len(bodies) == statuses
    starts = [number for number, hop in enumerate(recorder.hops) if hop.function == _READS]
    assert len(bodies) + 1 == len(starts), (
        "each request arrives in one piece, and then the end of the connection"
    )
    return recorder.hops[starts[1] : starts[2]]


def _request(method: str, path: str, body: bytes | None) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + (body or b"")
