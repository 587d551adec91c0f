"""HTTP clients: the methods of all clients, and a client over real sockets."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import frozen


@frozen
class Answer:
    """An answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    set_cookies: Sequence[str] = ()
    """What each header `Set-Cookie` says."""

    @classmethod
    def of(cls, status: int, pairs: Iterable[tuple[str, str]], body: bytes) -> Self:
        """Return the answer with these headers, in their order."""
        headers = [(name.lower(), value) for name, value in pairs]
        cookies = [value for name, value in headers if name == "set-cookie"]
        return cls(status, dict(headers), body, cookies)

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Sends requests to one service; subclasses define `request`."""

    @property
    def base_url(self) -> str:
        """The URL of the service."""
        raise NotImplementedError

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request; `path` may have a query."""
        raise NotImplementedError

    def get(self, path: str, **headers: str) -> Answer:
        """GET; header names are written with underscores: `If_None_Match='"1"'`."""
        return self.request("GET", path, headers=_dashed(headers))

    def send_json(self, method: str, path: str, value: object, **headers: str) -> Answer:
        """Send `value` as JSON."""
        return self.request(
            method, path, json.dumps(value).encode(), {"Content-Type": "application/json", **_dashed(headers)}
        )


@frozen
class Client(Caller):
    """Sends requests to a server, each on a connection of its own."""

    base_url: str
    timeout: float = 60.0

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.base_url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(*self.address, timeout=self.timeout)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer.of(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def raw(self, request: bytes, *, half_close: bool = False) -> bytes:
        """Send exactly these bytes, and return everything that the server sends until it closes."""
        with socket.create_connection(self.address, timeout=self.timeout) as connection:
            connection.sendall(request)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            received = b""
            while data := connection.recv(65536):
                received += data
            return received


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
