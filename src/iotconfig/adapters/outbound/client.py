"""One request to another host, over a connection of its own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Final

import httpcore
from attrs import frozen

from iotconfig._version import __version__

from .addresses import AddressRule
from .connection import BoundedBackend
from .deadline import Deadline
from .errors import (
    BodyCompressed,
    BodyTooLarge,
    CertificateRefused,
    ConnectionBroken,
    OutboundError,
    RequestMalformed,
    TlsFailed,
    Unreachable,
)
from .resolver import Resolve, system_resolve
from .urls import HttpUrl

_DEFAULTS: Final = {"user-agent": f"iotconfig/{__version__}"}
_OWN: Final = {"accept-encoding": "identity", "connection": "close"}
"""Compressed bodies are not asked for: a few bytes could become gigabytes."""


@frozen
class OutboundResponse:
    """An answer whose body has not been read yet."""

    _response: httpcore.Response
    _deadline: Deadline

    @property
    def status(self) -> int:
        """The status code."""
        return self._response.status

    def header(self, name: str) -> bytes:
        """Return the first value of a header, empty where it is absent. `name`: in lower case."""
        return next(iter(self._headers(name)), b"")

    def blocks(self) -> Iterator[bytes]:
        """Return the body in blocks of at least one byte, as they arrive.

        Raises `BodyCompressed`; the iterator raises `DeadlineExceeded` and `ConnectionBroken`.
        """
        if {coding.lower() for coding in self._headers("content-encoding")} - {b"", b"identity"}:
            raise BodyCompressed
        return self._blocks()

    def body(self, max_bytes: int) -> bytes:
        """Return the whole body. Raises as `blocks` does, and `BodyTooLarge`."""
        body = bytearray()
        for block in self.blocks():
            body += block
            if len(body) > max_bytes:
                raise BodyTooLarge(max_bytes)
        return bytes(body)

    def _headers(self, name: str) -> Iterator[bytes]:
        return (value for key, value in self._response.headers if key.lower() == name.encode())

    def _blocks(self) -> Iterator[bytes]:
        for block in self._response.iter_stream():
            # At each block: a peer may send single bytes, each in a chunk of its own.
            self._deadline.check()
            if block:
                yield block


@frozen
class OutboundClient:
    """Sends requests without proxy, cookies, redirects, or credentials of its own. Nothing is kept between requests."""

    rule: AddressRule
    """The addresses that may be contacted."""
    tls: ssl.SSLContext
    resolve: Resolve = system_resolve

    @contextmanager
    def request(
        self,
        method: str,
        url: HttpUrl,
        headers: Mapping[str, str],
        deadline: Deadline,
        content: bytes | None = None,
    ) -> Iterator[OutboundResponse]:
        """Send a request; in the block the answer's body may be read.

        `headers`: names in any case; Host, Accept-Encoding and Connection are replaced.
        `deadline`: for everything from the lookup of the name to the last byte that the block reads.
        Raises `OutboundError`, also for what goes wrong inside the block.
        """
        with (
            _translated(),
            BoundedBackend(self.rule, self.resolve, deadline) as backend,
            closing(
                httpcore.HTTPConnection(
                    httpcore.Origin(url.scheme.encode(), url.host.encode(), url.port),
                    ssl_context=self.tls,
                    network_backend=backend,
                )
            ) as connection,
            connection.stream(
                method,
                httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target),
                headers=_fields(url, headers),
                content=content,
            ) as response,
        ):
            yield OutboundResponse(response, deadline)


def _fields(url: HttpUrl, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    given = {name.lower(): value for name, value in headers.items() if name.lower() != "host"}
    # Host comes first (RFC 9110, section 7.2).
    merged = {"host": url.authority, **_DEFAULTS, **given, **_OWN}
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in merged.items()]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (httpcore.LocalProtocolError, UnicodeEncodeError):
        raise RequestMalformed from None
    except httpcore.ConnectError as error:
        raise _connect_error(error) from None
    except (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.TimeoutException) as error:
        raise ConnectionBroken(
            str(error) or "the server closed the connection, or does not speak HTTP"
        ) from None


def _connect_error(error: httpcore.ConnectError) -> OutboundError:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return CertificateRefused(cause.verify_message.rstrip("."))
    if isinstance(cause, ssl.SSLError):
        return TlsFailed(str(error) or "the TLS handshake failed")
    return Unreachable(str(error) or "the server cannot be reached")
