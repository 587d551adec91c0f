"""How long a request waits for a service: all its waits together, and not each byte anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Final, Self

import httpcore
from attrs import field, frozen

USEFUL_RATE: Final = 16 * 1024.0
"""Bytes a second: at this rate, and above, an answer or a body may take as long as it takes."""
_PIECE: Final = 16 * 1024
"""Bytes per write: a larger one would restart its time-out with each part that the system takes."""


class Patience(float):
    """The time-out of one request, in seconds, which httpcore hands to each of its reads and writes.

    Waiting uses it up, and bytes that come or go give some of it back: one second for as many as
    `bytes_a_second`. What is done between waits, such as writing to a slow pipe, does not count.
    """

    def __new__(
        cls, seconds: float, bytes_a_second: float = USEFUL_RATE, clock: Callable[[], float] = monotonic
    ) -> Self:
        return super().__new__(cls, seconds)

    def __init__(
        self, seconds: float, bytes_a_second: float = USEFUL_RATE, clock: Callable[[], float] = monotonic
    ) -> None:
        self._left = seconds
        self._bytes_a_second = bytes_a_second
        self._clock = clock

    def read(self, stream: httpcore.NetworkStream, max_bytes: int) -> bytes:
        """Read from a stream. Raises `httpcore.ReadTimeout` where nothing is left, or too little."""
        if self._left <= 0:
            raise httpcore.ReadTimeout
        begun = self._clock()
        found = stream.read(max_bytes, self._left)
        self._count(begun, len(found))
        return found

    def write(self, stream: httpcore.NetworkStream, buffer: bytes) -> None:
        """Write to a stream. Raises `httpcore.WriteTimeout` where nothing is left, or too little."""
        for position in range(0, len(buffer), _PIECE):
            if self._left <= 0:
                raise httpcore.WriteTimeout
            piece = buffer[position : position + _PIECE]
            begun = self._clock()
            stream.write(piece, self._left)
            self._count(begun, len(piece))

    def _count(self, begun: float, moved: int) -> None:
        waited = self._clock() - begun
        self._left = min(float(self), self._left - waited + moved / self._bytes_a_second)


@frozen
class PatientStream(httpcore.NetworkStream):
    """A connection whose waits use up the patience of the request that it serves."""

    _stream: httpcore.NetworkStream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if isinstance(timeout, Patience):
            return timeout.read(self._stream, max_bytes)
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if isinstance(timeout, Patience):
            timeout.write(self._stream, buffer)
        else:
            self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return PatientStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@frozen
class PatientBackend(httpcore.NetworkBackend):
    """Opens connections for httpcore."""

    _backend: httpcore.NetworkBackend = field(factory=httpcore.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return PatientStream(self._backend.connect_tcp(host, port, timeout, local_address, socket_options))
