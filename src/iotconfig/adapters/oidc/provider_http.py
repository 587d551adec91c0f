"""Asking the provider: each request is bounded in time and in size, and follows no redirect."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Final, cast

import httpcore
import httpx
from attrs import frozen

from .faults import ProviderUnavailable

MAX_BYTES: Final = 256 * 1024
"""Size limit of an answer's body. The largest sets of keys, with their certificates, have some 30 KiB."""

_FAULTS: Final = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError)
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "iotconfig"}


@frozen
class Answer:
    """What the provider answered."""

    status: int
    document: Mapping[str, Any]
    """The JSON object of its body."""


class ProviderHttp:
    """Asks one provider. Keeps no connection and no cookie."""

    def __init__(self, ca_file: Path | None, seconds: float) -> None:
        """`ca_file`: certificates to trust instead of the system's. `seconds`: what a request may take in all.

        Raises `OSError` where the file cannot be read, or holds no certificates.
        """
        self._transport = BoundedTransport(ssl.create_default_context(cafile=ca_file), seconds)

    def get(self, url: str) -> Mapping[str, Any]:
        """The JSON object at `url`. Raises `ProviderUnavailable` for anything else."""
        answer = self._ask("GET", url)
        if answer.status != httpx.codes.OK:
            raise ProviderUnavailable(f"{url} answered with status {answer.status}")
        return answer.document

    def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """What `url` answers to a form. Raises `ProviderUnavailable` where that is no JSON object."""
        return self._ask("POST", url, headers=headers, content=body)

    def _ask(self, method: str, url: str, **more: Any) -> Answer:
        # A client of its own for each request: one that is shared would share cookies between people.
        with httpx.Client(transport=self._transport, trust_env=False, headers=_HEADERS) as client:
            try:
                response = client.request(method, url, follow_redirects=False, **more)
            # A name that no resolver takes is a ValueError.
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                raise ProviderUnavailable(f"{url}: {error}") from error
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise ProviderUnavailable(
                f"{url} answered with status {response.status_code}, and no JSON object"
            )
        return Answer(response.status_code, document)


class BoundedTransport(httpx.BaseTransport):
    """One connection for each request, which ends after `seconds` whatever the other side does.

    The time-outs of httpx bound each single wait, so that a byte now and then
    would keep it waiting for hours.
    """

    def __init__(self, context: ssl.SSLContext, seconds: float) -> None:
        self._context = context
        self._seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        backend = _Deadline(self._seconds)
        asked = httpcore.Request(
            request.method, str(request.url), headers=request.headers.raw, content=request.read()
        )
        try:
            with httpcore.ConnectionPool(self._context, network_backend=backend) as pool:
                response = pool.handle_request(asked)
                body = _body_of(response)
        except _FAULTS as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from error
        return httpx.Response(response.status, headers=response.headers, content=body)


def _body_of(response: httpcore.Response) -> bytes:
    encodings = {value.lower() for name, value in response.headers if name.lower() == b"content-encoding"}
    if encodings - {b"identity"}:
        # A few bytes of it may stand for any number.
        raise httpcore.RemoteProtocolError("the body is compressed, against what was asked for")
    body = bytearray()
    for part in cast("Iterable[bytes]", response.stream):
        body += part
        if len(body) > MAX_BYTES:
            raise httpcore.RemoteProtocolError(f"the body is longer than {MAX_BYTES} bytes")
    return bytes(body)


class _Deadline(httpcore.NetworkBackend):
    """Connections that end together, some seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._until = monotonic() + seconds
        self._network = httpcore.SyncBackend()

    def left(self) -> float:
        left = self._until - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer took too long")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(host, port, self.left(), local_address, socket_options)
        return _BoundedStream(stream, self)


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _BoundedStream(stream, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
