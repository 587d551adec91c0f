"""A gunicorn worker of ours in the process of the test: bytes in, bytes out, no port."""

from __future__ import annotations

import os
import socket
from importlib.util import find_spec
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from iotconfig.adapters.gunicorn.worker import OPTIONS, DeadlineWorker, ProcessLogger

PARSERS = [
    "python",
    pytest.param(
        "fast", marks=pytest.mark.skipif(not find_spec("gunicorn_h1c"), reason="it is not installed")
    ),
]
"""gunicorn's names of its parsers."""


class InProcessWorker:
    """Serves an application to one connection at a time."""

    def __init__(self, app: Any, parser: str) -> None:
        config = Config()
        for name, value in {**OPTIONS, "http_parser": parser}.items():
            config.set(name, value)
        self._worker = DeadlineWorker(1, os.getppid(), [], None, 30, config, ProcessLogger(config))
        self._worker.prepare()
        self._worker.wsgi = app

    def exchange(self, sent: bytes) -> bytes:
        """Return exactly what a client receives that sends this."""
        near, far = socket.socketpair()
        near.settimeout(30)
        received: list[bytes] = []

        def converse() -> None:
            near.sendall(sent)
            near.shutdown(socket.SHUT_WR)
            while data := near.recv(65536):
                received.append(data)

        client = Thread(target=converse)
        with near:
            client.start()
            self.serve(far)
            client.join()
        return b"".join(received)

    def serve(self, connection: socket.socket) -> None:
        """Handle the requests of a connection, until it ends."""
        listener = SimpleNamespace(getsockname=lambda: ("127.0.0.1", 8080))
        self._worker.handle(listener, connection, ("127.0.0.1", 50000))

    def close(self) -> None:
        self._worker.tmp.close()
