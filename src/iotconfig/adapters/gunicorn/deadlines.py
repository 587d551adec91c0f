"""Time limits for clients, and a socket that enforces them.

gevent gives every connection a greenlet and no time limit: two hundred clients
that send nothing would stay connected for ever. There are two kinds of limits. Headers and
small bodies have a total time. Large transfers must make progress: a download over a
weak radio may take minutes, as long as a minimum of bytes moves in each interval.
"""

from __future__ import annotations

import errno
import fcntl
import socket
import termios
from contextlib import suppress
from enum import Enum, auto
from time import monotonic
from typing import Any, Final, Protocol

from attrs import frozen

_BLOCK: Final = 64 * 1024
_PROGRESS: Final = 16 * 1024
"""Bytes that must move within `stall` seconds."""

_ESTABLISHED: Final = 1
"""The first byte of the kernel's `tcp_info`: the state of a connection that both sides use."""

_IDLE_STEP: Final = 0.5
_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 1024 * 1024


@frozen
class Deadlines:
    """Time limits in seconds."""

    idle: float = 5.0
    """Idle time of an open connection between requests."""
    headers: float = 10.0
    """Time from a request's first byte, or from the connect, to the end of its headers."""
    body: float = 30.0
    """Total time for a body of up to `small_body` bytes."""
    stall: float = 20.0
    """Time within which 16 KiB of a larger body, or of an answer, must move."""
    small_body: int = 2 * 1024 * 1024
    """Bodies up to this many bytes have a total time limit."""


class HeadersTooSlow(Exception):
    """A client did not send its headers in time.

    Not an `OSError`, which gunicorn treats as a disconnected client that gets no answer.
    """


class Server(Protocol):
    """The worker that serves a connection."""

    alive: bool
    """False once it ends: then it waits for no further request."""


class _Phase(Enum):
    CONNECTED = auto()
    IDLE = auto()
    HEADERS = auto()
    BODY = auto()
    STREAM = auto()


class DeadlineSocket:
    """An accepted connection whose reads and writes have time limits; everything else is delegated to the socket."""

    def __init__(self, client: socket.socket, deadlines: Deadlines, server: Server) -> None:
        self._client = client
        self._deadlines = deadlines
        self._server = server
        self._phase = _Phase.CONNECTED
        # The time limit: when it began, and its seconds.
        self._since, self._limit = monotonic(), deadlines.headers
        self._moved = 0
        self.holds_head = False
        """Whether the next data, the head of an answer, waits for the data after it: they are then one packet."""
        self._held = b""
        self._lingers = False
        self._is_cut = False
        self._waits_to_read = self._waits_to_send = False
        # gunicorn calls them for each request; `__getattr__` would take longer.
        self.gettimeout, self.settimeout = client.gettimeout, client.settimeout

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def waited(self) -> float | None:
        """Seconds since the last progress while the worker waits for the client; otherwise None."""
        if not (self._waits_to_send or (self._waits_to_read and not self._has_arrived())):
            return None
        return monotonic() - self._since

    def cut(self) -> None:
        """End the connection; a wait for the client ends as if it had disconnected."""
        self._is_cut = True
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def has_left(self) -> bool:
        """Whether the client has closed its side. Sends nothing and does not wait; False where the system does not tell."""
        try:
            state = self._client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        except (OSError, AttributeError):
            return False
        return state != _ESTABLISHED

    def _has_arrived(self) -> bool:
        """Whether data is waiting to be read: then the worker is slow, not the client."""
        try:
            return any(fcntl.ioctl(self._client.fileno(), termios.FIONREAD, bytes(4)))
        except OSError:
            return False

    def expect_request(self) -> None:
        """Send what is left of the answer, and expect the next request, after at most the idle time."""
        if self._held:
            self.flush()
        self._phase = _Phase.IDLE
        self._since, self._limit = monotonic(), self._deadlines.idle

    def expect_body(self, length: int) -> None:
        """Expect a body of `length` bytes."""
        small = length <= self._deadlines.small_body
        self._phase = _Phase.BODY if small else _Phase.STREAM
        self._since, self._limit = monotonic(), self._deadlines.body if small else self._deadlines.stall
        self._moved = 0

    def linger(self) -> None:
        """Let the client read the answer before the connection is closed while it still sends."""
        self._lingers = True

    def recv(self, size: int) -> bytes:
        """Receive; no bytes if no next request arrives within the idle time, or the worker ends first.

        Raises `HeadersTooSlow`, or `TimeoutError` for a body that is too slow.
        """
        phase = self._phase
        while (left := self._since + self._limit - monotonic()) > 0:
            if phase is _Phase.IDLE:
                if not self._server.alive:
                    break
                left = min(left, _IDLE_STEP)
            self._client.settimeout(left)
            self._waits_to_read = True
            try:
                data = self._client.recv(size)
            except TimeoutError:
                continue
            except OSError:
                self._raise_if_cut()
                raise
            finally:
                self._waits_to_read = False
            if phase is _Phase.STREAM:
                self._count(len(data))
            elif data and phase in (_Phase.CONNECTED, _Phase.IDLE):
                self._phase = _Phase.HEADERS
                self._since, self._limit = monotonic(), self._deadlines.headers
            return data
        if phase is _Phase.IDLE:
            return b""
        if phase in (_Phase.CONNECTED, _Phase.HEADERS):
            raise HeadersTooSlow
        raise TimeoutError("the client stopped sending")

    def sendall(self, data: bytes) -> None:
        """Send in blocks: a time-out on one large `sendall` would limit the total time.

        Raises `BrokenPipeError` for a client that stopped reading: gunicorn treats it like a disconnected one.
        """
        if self.holds_head:
            self.holds_head, self._held = False, data
            return
        if self._held:
            data, self._held = self._held + data, b""
        self._since, self._limit = monotonic(), self._deadlines.stall
        self._moved = 0
        rest = memoryview(data)
        while rest:
            left = self._since + self._limit - monotonic()
            if left <= 0:
                raise BrokenPipeError(errno.EPIPE, "the client stopped reading")
            self._client.settimeout(left)
            self._waits_to_send = True
            try:
                sent = self._client.send(rest[:_BLOCK])
            except TimeoutError:
                continue
            except OSError:
                self._raise_if_cut()
                raise
            finally:
                self._waits_to_send = False
            rest = rest[sent:]
            if rest:
                self._count(sent)

    def flush(self) -> None:
        """Send what is held back. Raises as `sendall` does."""
        self.sendall(b"")

    def close(self) -> None:
        if self._held:
            with suppress(OSError):
                self.flush()
        if self._lingers:
            self._drain()
        self._client.close()

    def _count(self, moved: int) -> None:
        """Restart the time limit for each 16 KiB that moved."""
        self._moved += moved
        if self._moved >= _PROGRESS:
            self._moved = 0
            self._since, self._limit = monotonic(), self._deadlines.stall

    def _raise_if_cut(self) -> None:
        """Turn gevent's EBADF into a disconnect: gunicorn logs EBADF with a traceback."""
        if self._is_cut:
            raise ConnectionResetError(errno.ECONNRESET, "the connection was closed to make room") from None

    def _drain(self) -> None:
        until = monotonic() + _LINGER_SECONDS
        drained = 0
        self._waits_to_read = True
        try:
            self._client.shutdown(socket.SHUT_WR)
            while drained < _LINGER_BYTES and (left := until - monotonic()) > 0:
                self._client.settimeout(left)
                data = self._client.recv(_BLOCK)
                if not data:
                    return
                drained += len(data)
        except OSError:
            return
