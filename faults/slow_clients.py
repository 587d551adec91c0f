"""Clients that send headers, send a body, or read an answer too slowly: one byte at a time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Final

from attrs import define, frozen
from tests.support.wire import request_bytes

from .fleet import digest
from .generators import generate, sleep_unless_stopped
from .record import NO_ANSWER, Recorder
from .wire import allow_descriptors

_PAUSE: Final = 0.5
"""Seconds between two bytes."""

_LOOK: Final = 0.25
"""Seconds between two checks for closed connections."""

_ESTABLISHED: Final = "01"

_HEADERS: Final = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
_BODY: Final = (
    b"POST /api/configs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 1000\r\n\r\n{"mac_address": "'
)


@frozen
class Crowd:
    """Clients of each kind, until all of their connections are closed."""

    port: int
    record: str
    headers: int
    bodies: int
    readers: int
    large: str
    """The path that the readers read; larger than the buffers of both ends."""
    seconds: float
    """Seconds to wait for the last closed connection."""
    download: str = ""
    """The path that one more client reads completely, at a low and steady rate."""
    rate: int = 200_000
    """Bytes per second of that client."""


async def crawl(load: Crowd, stop: asyncio.Event) -> None:
    """Run all clients until each connection is closed."""
    allow_descriptors()
    read = f"GET {load.large} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    kinds = [
        *[("headers", _HEADERS)] * load.headers,
        *[("body", _BODY)] * load.bodies,
        *[("reader", read)] * load.readers,
    ]
    server = _Server(load.port)
    with Recorder(Path(load.record)) as recorder:
        watch = asyncio.create_task(server.watch())
        async with asyncio.TaskGroup() as crowd:
            if load.download:
                crowd.create_task(_download(load, recorder))
            for kind, request in kinds:
                crowd.create_task(_Dawdler(load, recorder, kind, server).live(request, stop))
        watch.cancel()


@define
class _Server:
    """Connections that the service still has open. A client with full buffers does not notice that its connection was closed."""

    _port: int
    _held: frozenset[int] = frozenset()
    _looks: int = 0

    async def watch(self) -> None:
        while True:
            self._held = frozenset(self._established())
            self._looks += 1
            await asyncio.sleep(_LOOK)

    async def has_cut(self, port: int) -> bool:
        """Whether the service's end is closed, at least for sending, by a check that begins after this call."""
        looks = self._looks
        while self._looks == looks:
            await asyncio.sleep(_LOOK / 2)
        return port not in self._held

    def _established(self) -> Iterator[int]:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state, *_ = line.split()
            if int(local.partition(":")[2], 16) == self._port and state == _ESTABLISHED:
                yield int(remote.partition(":")[2], 16)


@frozen
class _Dawdler:
    _load: Crowd
    _recorder: Recorder
    _kind: str
    _server: _Server

    async def live(self, request: bytes, stop: asyncio.Event) -> None:
        """Connect, begin, and send or read single bytes until the service closes the connection."""
        loop = asyncio.get_running_loop()
        until = monotonic() + self._load.seconds
        with socket.socket() as client:
            client.setblocking(False)
            # As little room as the kernel grants, and small segments, which keep the sender's buffer small.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            await loop.sock_connect(client, ("127.0.0.1", self._load.port))
            number = self._recorder.begin("slow", self._kind)
            await loop.sock_sendall(client, request)
            got = b""
            while await sleep_unless_stopped(_PAUSE, stop) and monotonic() < until:
                got += self._trickle(client)
                if await self._server.has_cut(client.getsockname()[1]):
                    received = got + self._rest(client)
                    self._recorder.end(number, 408 if received.startswith(b"HTTP/1.1 408 ") else NO_ANSWER)
                    return

    def _trickle(self, client: socket.socket) -> bytes:
        """Send one byte, or read one."""
        try:
            if self._kind != "reader":
                client.send(b"x")
            return client.recv(1 if self._kind == "reader" else 4096)
        except OSError:
            return b""

    def _rest(self, client: socket.socket) -> bytes:
        try:
            return client.recv(4096)
        except OSError:
            return b""


async def _download(load: Crowd, recorder: Recorder) -> None:
    """Read an answer at a steady rate: slower than any total time limit, but without a stall."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        await loop.sock_connect(client, ("127.0.0.1", load.port))
        number = recorder.begin("download", load.download)
        await loop.sock_sendall(client, request_bytes("GET", load.download))
        begin, received = monotonic(), bytearray()
        while block := await loop.sock_recv(client, load.rate // 10):
            received += block
            await asyncio.sleep(begin + len(received) / load.rate - monotonic())
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    recorder.end(number, int(head.split()[1]), digest=digest(body), bytes=len(body))


if __name__ == "__main__":
    generate(Crowd, crawl)
