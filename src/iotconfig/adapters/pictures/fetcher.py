"""`PictureSource` over HTTP: a proxy that reaches only what it may, within bounds."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Final

import httpcore
from attrs import frozen

from iotconfig._version import __version__
from iotconfig.domain.errors import ExternalServiceError, ValidationFailed

from .addresses import AddressPolicy
from .connecting import AddressRefused, CheckedBackend
from .deadline import Deadline, TimeIsUp
from .lookup import HostNotFound, Resolve
from .streams import NoPicture, TooLarge, picture_of
from .urls import PictureUrl

MAX_REDIRECTS: Final = 5

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_DEFAULTS: Final = {
    "accept": "image/png, image/jpeg, image/gif, image/webp, image/bmp, */*;q=0.1",
    "user-agent": f"iotconfig/{__version__}",
}
_OWN: Final = {"accept-encoding": "identity", "connection": "close"}
"""Compressed bodies are not asked for: a few bytes of one may become gigabytes."""


@frozen
class HttpPictureSource:
    """Fetches from where `policy` allows; without a proxy, cookies, or credentials of its own.

    A redirect is followed by hand, and checked as the first URL is. The caller's
    headers, which may hold credentials, stay behind once it leaves the origin.
    """

    policy: AddressPolicy
    resolve: Resolve
    tls: ssl.SSLContext
    seconds: float
    """What a fetch may take as a whole: looking up, redirects, a body that trickles."""
    max_bytes: int
    pause: Callable[[], None]
    """Gives others their turn, where requests share a thread."""

    def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        """See `PictureSource.fetch`."""
        target = PictureUrl.parse(url)
        try:
            return self._follow(target, headers, Deadline(self.seconds, self.pause))
        except TimeIsUp:
            raise _failure(f"it took longer than {self.seconds:g} seconds") from None
        except HostNotFound:
            raise _failure("its host was not found") from None
        except (httpcore.LocalProtocolError, UnicodeEncodeError):
            raise ValidationFailed(
                "A header that is to be forwarded is not well-formed.", parameter="headers"
            ) from None
        except httpcore.ConnectError as error:
            raise _failure(_why(error)) from None
        except (httpcore.NetworkError, httpcore.RemoteProtocolError):
            raise _failure("its server broke off, or does not speak HTTP") from None

    def _follow(self, url: PictureUrl, headers: Mapping[str, str], deadline: Deadline) -> bytes:
        for redirects in range(MAX_REDIRECTS + 1):
            try:
                found = self._get(url, headers, deadline)
            except AddressRefused:
                raise _address_refused(redirects) from None
            if isinstance(found, bytes):
                return found
            if not found.is_of_one_origin_with(url):
                headers = {}
            url = found
        raise _failure(f"it was redirected more than {MAX_REDIRECTS} times")

    def _get(self, url: PictureUrl, headers: Mapping[str, str], deadline: Deadline) -> bytes | PictureUrl:
        """The body, or where to ask instead."""
        with CheckedBackend(self.policy, self.resolve, deadline) as backend:
            connection = httpcore.HTTPConnection(
                httpcore.Origin(url.scheme.encode(), url.host.encode(), url.port),
                ssl_context=self.tls,
                network_backend=backend,
            )
            asked = httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
            with (
                closing(connection),
                connection.stream("GET", asked, headers=_fields(url, headers)) as response,
            ):
                if response.status in _REDIRECTS:
                    return _redirect(url, response)
                return self._body(response, deadline)

    def _body(self, response: httpcore.Response, deadline: Deadline) -> bytes:
        if response.status != HTTPStatus.OK:
            raise _failure(f"its server answered with status {response.status}", status=response.status)
        if _header(response, b"content-encoding").lower() not in (b"", b"identity"):
            raise _failure("its server sent it compressed, which it was not asked for")
        too_large = f"it is larger than {self.max_bytes} bytes"
        content_type = _header(response, b"content-type").decode("latin-1")
        length = _header(response, b"content-length")
        # Cameras declare lengths of streams that nobody ever reads to their end.
        if int(length or 0) > self.max_bytes and not content_type.lower().startswith("multipart/"):
            raise _failure(too_large)
        try:
            return picture_of(
                _breathing(response.iter_stream(), deadline),
                content_type,
                is_sized=bool(length),
                max_bytes=self.max_bytes,
            )
        except TooLarge:
            raise _failure(too_large) from None
        except NoPicture as reason:
            raise _failure(str(reason)) from None


def _breathing(blocks: Iterable[bytes], deadline: Deadline) -> Iterator[bytes]:
    """The blocks of a body. A peer may send byte by byte, each in a chunk of its own."""
    for block in blocks:
        deadline.breathe()
        if block:
            yield block


def _fields(url: PictureUrl, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    given = {name.lower(): value for name, value in headers.items()}
    merged = {"host": url.authority, **_DEFAULTS, **given, **_OWN} | {"host": url.authority}
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in merged.items()]


def _header(response: httpcore.Response, name: bytes) -> bytes:
    return next((value for key, value in response.headers if key.lower() == name), b"")


def _redirect(url: PictureUrl, response: httpcore.Response) -> PictureUrl:
    location = _header(response, b"location")
    if not location:
        raise _failure("its server redirects without saying where to", status=response.status)
    try:
        return url.join(location.decode("utf-8", "replace"))
    except ValidationFailed:
        raise _failure("it was redirected to what is no URL of a picture") from None


def _address_refused(redirects: int) -> ValidationFailed | ExternalServiceError:
    """One sentence for all addresses: what is behind them is not told."""
    if redirects:
        return _failure("it was redirected to where pictures may not be fetched from")
    return ValidationFailed(
        "Pictures may not be fetched from there: the host has no public address, and none that "
        "IOTCONFIG_PICTURE_NETWORKS lists.",
        parameter="url",
    )


def _why(error: httpcore.ConnectError) -> str:
    """Why no connection came about, or no TLS on it."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its server's certificate does not hold: {cause.verify_message.rstrip('.')}"
    if isinstance(cause, ssl.SSLError):
        return "its server does not speak TLS as it should"
    return "its server cannot be reached"


def _failure(why: str, **details: object) -> ExternalServiceError:
    return ExternalServiceError(f"The picture could not be fetched: {why}.", **details)
