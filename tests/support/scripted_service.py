"""A server that gives a device the answers of a test, over a real socket."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self


class ScriptedService:
    """One connection after another; a context manager."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self._connection: socket.socket | None = None
        self.port: int = self._listener.getsockname()[1]

    def request(self) -> list[str]:
        """Return the lines of the next request's head."""
        self.close()
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(30)
        head = b""
        while b"\r\n\r\n" not in head:
            more = self._connection.recv(4096)
            assert more, "the device hung up"
            head += more
        return head.decode().rstrip("\r\n").split("\r\n")

    def send(self, data: bytes) -> None:
        """Send a part of the answer."""
        assert self._connection is not None
        self._connection.sendall(data)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> list[str]:
        """Answer the next request, whose head is returned, and close its connection."""
        head = self.request()
        lines = [f"HTTP/1.1 {status} As told", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)
        self.close()
        return head

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._listener.close()
