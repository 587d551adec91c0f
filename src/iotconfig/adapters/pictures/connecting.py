"""Connections to addresses that were checked, cut when their time is up."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock, Timer
from types import TracebackType
from typing import Any, Final, Self

import httpcore
from attrs import frozen

from .addresses import AddressPolicy
from .deadline import Deadline, TimeIsUp
from .lookup import Resolve, look_up

_TRIES: Final = 4
"""Addresses of a host that are tried."""

_BLOCK: Final = 16 * 1024
"""Bytes that are read at a time: what a peer packs into them is taken apart without a pause."""


class AddressRefused(Exception):
    """None of the host's addresses may be fetched from."""


class CheckedBackend(httpcore.NetworkBackend):
    """Opens one connection for httpcore; a context manager that ends it at the deadline, with `TimeIsUp`.

    A name is looked up once, each address is checked, and the connection goes to one
    that passed. A client that is given the name looks it up again, and may get another
    answer (DNS rebinding). Addresses that do not pass are left out, and do not speak
    against the others: a host at home often has a link-local one as well.
    """

    def __init__(self, policy: AddressPolicy, resolve: Resolve, deadline: Deadline) -> None:
        self._policy = policy
        self._resolve = resolve
        self._deadline = deadline
        # Shutting the connection down wakes whatever waits on it. Time-outs of a socket
        # bound each wait, and a peer that sends a byte now and then ends every one.
        self._timer = Timer(deadline.left(), self._cut)
        self._timer.daemon = True
        self._lock = Lock()
        self._link: socket.socket | None = None
        self._is_cut = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        found = look_up(self._resolve, host, self._deadline.left())
        addresses = [address for address in found if self._policy.allows(address)][:_TRIES]
        if not addresses:
            raise AddressRefused
        *others, last = addresses
        for tried, address in enumerate(others):
            share = self._deadline.left() / (len(addresses) - tried)
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._open(address, port, share)
        try:
            return self._open(last, port, self._deadline.left())
        except httpcore.ConnectTimeout:
            raise TimeIsUp from None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._link is not None:
            self._link.close()
        # To its reader a connection that was cut has failed, or ended well.
        if self._is_cut and (kind is None or issubclass(kind, Exception)):
            raise TimeIsUp from None

    def _open(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        stream = httpcore.SyncBackend().connect_tcp(address, port, seconds)
        with self._lock:
            # A handle of our own: TLS takes the socket's away.
            self._link = stream.get_extra_info("socket").dup()
            if self._is_cut:
                stream.close()
                raise TimeIsUp
        return _BreathingStream(stream, self._deadline)

    def _cut(self) -> None:
        with self._lock:
            self._is_cut = True
            if self._link is not None:
                with suppress(OSError):
                    self._link.shutdown(socket.SHUT_RDWR)


@frozen
class _BreathingStream(httpcore.NetworkStream):
    """Gives others their turn: reading from a peer that is always ready does not wait, and would not."""

    _stream: httpcore.NetworkStream
    _deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._deadline.breathe()
        return self._stream.read(min(max_bytes, _BLOCK), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _BreathingStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
