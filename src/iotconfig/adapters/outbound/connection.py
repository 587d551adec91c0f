"""Connections to checked addresses, cut at the deadline."""

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

from .addresses import AddressRule
from .deadline import Deadline
from .errors import AddressRefused, DeadlineExceeded
from .resolver import Resolve, resolve_within

_TRIES: Final = 4
"""Addresses of a host that are tried."""

_BLOCK: Final = 16 * 1024
"""Bytes per read: the HTTP parser handles what one read returns without a turn for others."""


class BoundedBackend(httpcore.NetworkBackend):
    """Opens one connection for httpcore. As a context manager it raises `DeadlineExceeded` if it had to cut it.

    A name is resolved once, each address is checked, and the connection goes to one that
    passed: a second lookup could answer differently (DNS rebinding). Addresses that do not
    pass are skipped and do not disqualify the others, since hosts at home often have a
    link-local address as well.
    """

    def __init__(self, rule: AddressRule, resolve: Resolve, deadline: Deadline) -> None:
        self._rule = rule
        self._resolve = resolve
        self._deadline = deadline
        # Time-outs of a socket bound single waits only: a byte now and then restarts each of them.
        # Shutting the connection down ends whatever waits on it.
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
        found = resolve_within(self._deadline.left(), self._resolve, host)
        addresses = [address for address in found if self._rule.allows(address)][:_TRIES]
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
            raise DeadlineExceeded from None

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
        # A reader cannot tell a cut from a failure, nor from the end of the body.
        if self._is_cut and (kind is None or issubclass(kind, Exception)):
            raise DeadlineExceeded from None

    def _open(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        stream = httpcore.SyncBackend().connect_tcp(address, port, seconds)
        with self._lock:
            try:
                # A duplicate: start_tls detaches the original socket.
                self._link = stream.get_extra_info("socket").dup()
            except OSError as error:
                stream.close()
                raise httpcore.ConnectError(str(error)) from error
            if self._is_cut:
                stream.close()
                raise DeadlineExceeded
        return _YieldingStream(stream, self._deadline)

    def _cut(self) -> None:
        with self._lock:
            self._is_cut = True
            if self._link is not None:
                with suppress(OSError):
                    self._link.shutdown(socket.SHUT_RDWR)


@frozen
class _YieldingStream(httpcore.NetworkStream):
    """Lets other greenlets run: reading from a peer that always has data ready never waits by itself."""

    _stream: httpcore.NetworkStream
    _deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._deadline.check()
        return self._stream.read(min(max_bytes, _BLOCK), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _YieldingStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
