"""`/metrics` on a separate address, in threads, for a process without gevent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from iotconfig.adapters.bearer import bearer_token

_MOST: Final = 32
"""The most connections at the same time."""

_SECONDS: Final = 10.0


class MetricsServer(ThreadingHTTPServer):
    """Answers scrapes on a listening socket."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, listener: socket.socket, render: Callable[[str], tuple[str, bytes]], token: str
    ) -> None:
        """`token`: the bearer token that scrapers must send; none if empty."""
        super().__init__(listener.getsockname(), _handler(render, token), bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self._free = threading.Semaphore(_MOST)

    def verify_request(self, _request: Any, _address: Any) -> bool:
        # Its own threads only: the jobs of a relay have more than this number.
        return self._free.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of the request, and leave its place to the next one."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, _request: Any, _address: Any) -> None:
        """Log nothing: a scraper that disconnects is not an error."""


def _handler(render: Callable[[str], tuple[str, bytes]], token: str) -> type[BaseHTTPRequestHandler]:
    expected = token.encode()

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS
        server_version = "iotconfig"
        sys_version = ""

        def do_GET(self) -> None:
            given = bearer_token(self.headers.get("Authorization", "")) or ""
            if self.path.partition("?")[0] != "/metrics":
                self._send(404, "text/plain", b"Metrics are at /metrics.\n")
            elif expected and not compare_digest(expected, given.encode(errors="replace")):
                self._send(401, "text/plain", b"Send the token of IOTCONFIG_METRICS_TOKEN.\n")
            else:
                self._send(200, *render(self.headers.get("Accept", "")))

        do_HEAD = do_GET  # noqa: N815 - the name is the library's

        def _send(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            if status == 401:
                self.send_header("WWW-Authenticate", 'Bearer realm="iotconfig"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Log nothing: it would be a line for each scrape."""

    return Handler
