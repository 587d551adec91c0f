"""The HTTP API in the process of the test, on a socket: for clients that need one, at a fraction of the cost of `serve`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import WSGIApplication

from .in_process import streaming_service_on


class _Server(ThreadingMixIn, WSGIServer):
    # Threads of answers end before the database is closed.
    daemon_threads = False
    address_family = 2

    def server_bind(self) -> None:
        super().server_bind()
        self.server_name = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        # As gunicorn gives it.
        return super().get_environ() | {"RAW_URI": self.path}

    def address_string(self) -> str:
        return "127.0.0.1"

    def log_message(self, *_arguments: object) -> None:
        """The tests read no access log of this server."""


@contextmanager
def serving(app: WSGIApplication) -> Iterator[str]:
    """Serve an application until the end of the block; gives its URL."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.set_app(app)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def api_on_socket(database_url: str, **environ: str) -> Iterator[str]:
    """Serve the API that these settings describe; gives its URL."""
    with (
        streaming_service_on(database_url, **environ) as service,
        serving(service.client.app) as url,
        ExitStack() as stack,
    ):
        # The server waits for its answers to end.
        stack.callback(service.end_streams)
        yield url
