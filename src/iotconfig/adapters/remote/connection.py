"""Requests to one service."""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import BinaryIO, Final, Self
from urllib.parse import urlencode, urlsplit

import httpcore
from attrs import define, field, frozen

from iotconfig._version import __version__
from iotconfig.domain.errors import IotConfigError, StoreNotReached, StoreUnavailable, ValidationFailed

from .address import ServiceAddress
from .credentials import Credential
from .patience import USEFUL_RATE, Patience, PatientBackend
from .problems import NotThisService, error_of

JSON: Final = "application/json"
MOST_CONTENT_BYTES: Final = 16 * 1024 * 1024
"""What a service can be set to at most. Its own limit is not known here: it refuses what exceeds it."""
MOST_ANSWER_BYTES: Final = 16 * MOST_CONTENT_BYTES
"""The longest answer that is kept in memory: more than a service sends, and no endless body."""
_SAFE: Final = frozenset({"GET", "HEAD"})
_BLOCK: Final = 64 * 1024
_CONNECT_SECONDS: Final = 10.0
_UNSURE: Final = "The change may have been stored, or not: look before you repeat it."
_ERRNO: Final = re.compile(r"^\[Errno -?[0-9]+\] ")
_NOT_DONE: Final = range(300, 500)
"""Redirects, and refusals of a request: it has changed nothing."""


@frozen
class Request:
    """One request."""

    method: str
    path: str
    """Below the URL of the service; percent-encoded."""
    query: Mapping[str, object] = field(factory=dict)
    """Parameters; those that are None are left out."""
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes | BinaryIO | None = None
    """A file is sent from its beginning."""
    media_type: str = JSON
    """Of the body."""
    seconds: float = 30.0
    """The longest wait for the service, beside what a body and an answer take at `bytes_a_second`."""
    bytes_a_second: float = USEFUL_RATE
    """The rate below which they use up the wait."""
    accepts: str = JSON
    """The media type of a successful answer with a body."""
    statuses: Collection[int] = range(200, 300)
    """The status codes of successful answers."""

    @property
    def target(self) -> str:
        """Path and query."""
        given = {name: _text(value) for name, value in self.query.items() if value is not None}
        return f"{self.path}?{urlencode(given, doseq=True)}" if given else self.path


def _text(value: object) -> str | Sequence[str]:
    """The value as text; of a parameter that is given several times, all values."""
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@frozen
class Answer:
    """A successful answer."""

    status: int
    body: bytes
    _headers: Sequence[tuple[bytes, bytes]] = ()

    def header(self, name: str) -> str:
        """The first value of a header; empty if it is absent. name: in lower case."""
        return _header(self._headers, name)


@define
class ServiceConnection:
    """Sends requests to a service, over connections that are kept until the end of the block. Redirects are not followed.

    All methods raise `StoreUnavailable` where the service does not answer, and the errors of `error_of`.
    """

    address: ServiceAddress
    _token: str = field(repr=False)
    """Empty for none."""
    _proxy: str = field(default="", repr=False)
    """The URL of a proxy; empty for none."""
    _pool: httpcore.ConnectionPool = field(init=False, repr=False)

    @_pool.default
    def _make_pool(self) -> httpcore.ConnectionPool:
        tls = ssl.create_default_context() if self.address.is_encrypted else None
        if not self._proxy:
            return httpcore.ConnectionPool(ssl_context=tls, network_backend=PatientBackend())
        parts = urlsplit(self._proxy)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValidationFailed(
                "The proxy in the environment must be an http or https URL: others are not supported."
            )
        login = (parts.username or "", parts.password or "") if parts.username is not None else None
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return httpcore.HTTPProxy(origin, proxy_auth=login, ssl_context=tls, network_backend=PatientBackend())

    def __enter__(self) -> Self:
        self._pool.__enter__()
        return self

    def __exit__(self, *exit_: object) -> None:
        self._pool.close()

    def ask(self, request: Request) -> Answer:
        """Send a request and return its whole answer."""
        with self._sent(request) as response:
            body = self._whole(request, response)
        if _is_ours(request, response) or response.status == HTTPStatus.NO_CONTENT:
            return Answer(response.status, body, response.headers)
        raise self._error(request, response, body)

    @contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """Send a request; in the block, its answer arrives in blocks of bytes."""
        with self._sent(request) as response:
            if not _is_ours(request, response):
                raise self._error(request, response, self._whole(request, response))
            yield self._blocks(request, response)

    def _error(self, request: Request, response: httpcore.Response, body: bytes) -> IotConfigError:
        """The error of an answer that is not a success of an iotconfig service."""
        location = _header(response.headers, "location")
        asked = f"{request.method} {request.path}"
        error = error_of(self.address, asked, response.status, body, location, Credential.of(self._token))
        # A proxy that lost its connection to the service answers so, and one that asks for a sign-in of its own.
        if isinstance(error, NotThisService) and response.status not in _NOT_DONE:
            return NotThisService(f"{error}{unsure(request)}")
        return error

    def _whole(self, request: Request, response: httpcore.Response) -> bytes:
        """The body of an answer. Raises `NotThisService` if it does not end within `MOST_ANSWER_BYTES`."""
        body = bytearray()
        for block in self._blocks(request, response):
            body += block
            if len(body) > MOST_ANSWER_BYTES:
                raise NotThisService(
                    f"The server at {self.address} answered {request.method} {request.path} with more than "
                    f"{MOST_ANSWER_BYTES} bytes."
                )
        return bytes(body)

    def _blocks(self, request: Request, response: httpcore.Response) -> Iterator[bytes]:
        pace = f"less than {request.bytes_a_second / 1024:g} KiB a second"
        sent = pace if request.bytes_a_second >= 1 else "nothing"
        with self._translated(request, f"sent {sent} for {request.seconds:g} seconds"):
            yield from response.iter_stream()

    @contextmanager
    def _sent(self, request: Request) -> Iterator[httpcore.Response]:
        patience = Patience(request.seconds, request.bytes_a_second)
        timeouts = {"connect": _CONNECT_SECONDS, "read": patience, "write": patience, "pool": request.seconds}
        with self._translated(request, f"did not answer within {request.seconds:g} seconds"):
            response = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    self.address.url + request.target,
                    headers=self._headers(request),
                    content=_content(request.body),
                    extensions={"timeout": timeouts},
                )
            )
        try:
            yield response
        finally:
            response.close()

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        parts = urlsplit(self.address.url)
        found = {
            "Host": parts.netloc,
            "User-Agent": f"iotconfig/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            **request.headers,
        }
        if request.body is not None:
            found |= {"Content-Type": request.media_type, "Content-Length": str(_length(request.body))}
        elif request.method not in _SAFE:
            found["Content-Length"] = "0"
        if self._token:
            found["Authorization"] = f"Bearer {self._token}"
        return list(found.items())

    @contextmanager
    def _translated(self, request: Request, late: str) -> Iterator[None]:
        """Raise failures of the connection as errors of the domain. late: what the service did, if the time was up."""
        name = f"The service at {self.address}"
        try:
            yield
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as error:
            raise _not_reached(name, error) from None
        except httpcore.TimeoutException:
            raise _broken(request, f"{name} {late}.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _broken(
                request, f"{name} closed the connection early, or does not speak HTTP.", str(error)
            ) from None


def _not_reached(name: str, error: Exception) -> StoreNotReached:
    # The pool of httpcore hides the cause.
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return StoreNotReached(
            f"{name} has a certificate that was refused: {cause.verify_message.rstrip('.')}. "
            "SSL_CERT_FILE names a file with certificates to trust."
        )
    if isinstance(error, httpcore.ProxyError):
        return StoreNotReached(f"{name} cannot be reached through the proxy of the environment.", str(error))
    return StoreNotReached(f"{name} cannot be reached.", _ERRNO.sub("", str(error)))


def _broken(request: Request, message: str, reason: str = "") -> StoreUnavailable:
    return StoreUnavailable(f"{message}{unsure(request)}", reason)


def unsure(request: Request) -> str:
    """The sentence for a request whose outcome is unknown, after a space; empty for one that changes nothing."""
    changes_nothing = request.method in _SAFE or request.query.get("dry_run") is True
    return "" if changes_nothing else f" {_UNSURE}"


def _is_ours(request: Request, response: httpcore.Response) -> bool:
    """Whether it is a success, and has the media type of the service's answers: pages of sign-ins and of proxies have another."""
    found = _header(response.headers, "content-type").partition(";")[0].strip().lower()
    return response.status in request.statuses and found == request.accepts


def _header(headers: Sequence[tuple[bytes, bytes]], name: str) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name.encode()), "")


def _length(body: bytes | BinaryIO) -> int:
    if isinstance(body, bytes):
        return len(body)
    return body.seek(0, 2)


def _content(body: bytes | BinaryIO | None) -> bytes | Iterator[bytes] | None:
    if body is None or isinstance(body, bytes):
        return body
    body.seek(0)
    return iter(lambda: body.read(_BLOCK), b"")
