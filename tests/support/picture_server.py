"""A web server that sends exactly the bytes of a test, over real sockets, with TLS or without."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from attrs import frozen

_PATIENCE = 20.0


@frozen
class Asked:
    """A received request."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""


Script = Callable[[Asked], Iterable[bytes]]
"""What is sent in answer, piece by piece; then the connection is closed."""


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return a complete answer with its length. Header names are written with underscores."""
    return head(status, Content_Length=str(len(body)), **headers) + body


def head(status: str = "200 OK", **headers: str) -> bytes:
    """Return the beginning of an answer, up to its body."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class PictureServer:
    """Serves scripts by path; a context manager that leaves no thread behind."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._listener = socket.create_server((host, port), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.base = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self.asked: list[Asked] = []
        """What came in, in order."""
        self.connections = 0
        """How many came in, those included that asked for nothing."""
        self.closing = Event()
        """Set when the test ends: a script that waits for it goes on."""
        self.at_once: Script | None = None
        """Sent to each client before its request."""
        self._tls = tls
        self._scripts: dict[str, Script] = {}
        self._lock = Lock()
        self._threads: list[Thread] = []
        self._acceptor = Thread(target=self._accept, name="picture-server")

    def on(self, path: str, *pieces: bytes, script: Script | None = None) -> str:
        """Answer requests for `path`, and return its URL."""
        self._scripts[path] = script or (lambda _asked: pieces)
        return self.base + path

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        # Wakes the thread that waits in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for thread in self._threads:
            thread.join(_PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "a client left its connection open"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = Thread(target=self._serve, args=(connection,), name="picture-connection")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        with suppress(OSError), connection:
            if self.at_once is not None:
                for piece in self.at_once(Asked("", {})):
                    connection.sendall(piece)
            elif self._tls is None:
                self._converse(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                    self._converse(wrapped)

    def _converse(self, connection: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                return
            received += more
        lines = received.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        asked = Asked(lines[0].split(" ")[1], headers)
        with self._lock:
            self.asked.append(asked)
        script = self._scripts.get(asked.path, _nothing)
        for piece in script(asked):
            connection.sendall(piece)


def _nothing(_asked: Asked) -> Iterable[bytes]:
    return [answer(b"", "404 Not Found")]
