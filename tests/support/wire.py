"""HTTP/1.1 as bytes: requests that no client library would send, and their answers."""

from __future__ import annotations

import select
import socket
from collections.abc import Mapping

from .http import Answer, Client

_BLOCK = bytes(64 * 1024)


def request_bytes(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, close: bool = True
) -> bytes:
    """Return a request with a Content-Length, unless `headers` have the length of the body."""
    lines = {"Host": "127.0.0.1", **(headers or {})}
    if body and not {"Content-Length", "Transfer-Encoding"} & set(lines):
        lines["Content-Length"] = str(len(body))
    if close:
        lines["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def answers(received: bytes) -> list[Answer]:
    """Return the answers on a connection, each as long as its Content-Length or its chunks."""
    found = []
    while received:
        head, separator, received = received.partition(b"\r\n\r\n")
        assert separator, f"no end of headers in {head!r}"
        status_line, *lines = head.decode("latin-1").split("\r\n")
        assert status_line.startswith("HTTP/1."), f"no status line: {status_line!r}"
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        if headers.get("transfer-encoding") == "chunked":
            body, received = _chunks(received)
        else:
            length = int(headers.get("content-length", 0))
            assert len(received) >= length, "the connection was closed within a body"
            body, received = received[:length], received[length:]
        found.append(Answer(int(status_line.split()[1]), headers, body))
    return found


def _chunks(received: bytes) -> tuple[bytes, bytes]:
    """The body that chunks make, and what comes after it."""
    body = b""
    while True:
        size, separator, received = received.partition(b"\r\n")
        assert separator, "the connection was closed within a body"
        length = int(size, 16)
        chunk, end, received = received[:length], received[length : length + 2], received[length + 2 :]
        assert (length, b"\r\n") == (len(chunk), end), "the connection was closed within a chunk"
        if not chunk:
            return body, received
        body += chunk


def only_answer(received: bytes) -> Answer:
    """Return the one answer on a connection."""
    found = answers(received)
    assert 1 == len(found), received
    return found[0]


def exchange(client: Client, request: bytes, *, half_close: bool = False) -> Answer:
    """Send these bytes on a new connection; return the one answer before the server closes."""
    return only_answer(client.raw(request, half_close=half_close))


def upload(client: Client, head: bytes, size: int) -> tuple[bytes, int]:
    """Send `head` and then `size` bytes, until an answer arrives; return the answer and the bytes sent."""
    sent = 0
    with socket.create_connection(client.address, timeout=client.timeout) as connection:
        connection.sendall(head)
        while sent < size:
            readable, _, _ = select.select([connection], [], [], 0)
            if readable:
                break
            try:
                sent += connection.send(_BLOCK)
            except (ConnectionResetError, BrokenPipeError):
                # It answered and hung up since we looked; the answer can still be read.
                break
        received = b""
        while data := connection.recv(65536):
            received += data
    return received, sent


def force_upload(client: Client, head: bytes, size: int) -> int:
    """Send `head` and then `size` bytes to a server that may close the connection; return the number of bytes sent."""
    sent = 0
    with socket.create_connection(client.address, timeout=client.timeout) as connection:
        connection.sendall(head)
        try:
            while sent < size:
                sent += connection.send(_BLOCK)
        except (ConnectionResetError, BrokenPipeError):
            return sent
    return sent
