"""A client that polls documents as many devices do, over a few connections that stay open."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from time import monotonic, sleep
from typing import Final
from urllib.parse import urlsplit

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BLOCK: Final = 65536


def poll(mac: str, etag: str = "") -> bytes:
    """The request of a device, which names the document that it holds."""
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    return f"GET /api/configs/{mac}.json HTTP/1.1\r\nHost: 127.0.0.1\r\n{condition}\r\n".encode()


class Poller:
    """Open connections to a service."""

    def __init__(self, connections: list[socket.socket]) -> None:
        self._connections = connections

    def send(self, requests: Iterable[bytes], *, rate: float = 0.0, status: bytes = b"") -> int:
        """Send the requests, one at a time on each connection; return their number.

        rate: at most so many a second; 0: without a pause.
        status: the status that every answer must have; by default any.
        """
        count, begun, waiting = 0, monotonic(), iter(requests)
        while batch := list(islice(waiting, len(self._connections))):
            for connection, request in zip(self._connections, batch, strict=False):
                connection.sendall(request)
            for connection in self._connections[: len(batch)]:
                answer = _answer(connection)
                assert not status or answer == status, answer
            count += len(batch)
            if rate:
                sleep(max(begun + count / rate - monotonic(), 0))
        return count


def _answer(connection: socket.socket) -> bytes:
    """Read one answer, and return its status."""
    received = connection.recv(_BLOCK)
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    status = head[9:12]
    found = None if status == b"304" else _LENGTH.search(head)
    missing = (int(found[1]) if found else 0) - len(body)
    while missing > 0:
        missing -= len(_more(connection))
    return status


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(_BLOCK)
    assert received, "the service closed the connection"
    return received


@contextmanager
def poller(url: str, connections: int) -> Iterator[Poller]:
    """Connections to the service at this URL, for as long as the block runs."""
    parts = urlsplit(url)
    with ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection((parts.hostname or "", parts.port or 80), 30))
            for _ in range(connections)
        ]
        for each in opened:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Poller(opened)


def until(end: float, requests: Iterable[bytes]) -> Iterator[bytes]:
    """The requests until this time of `time.monotonic`."""
    for request in requests:
        if monotonic() >= end:
            return
        yield request
