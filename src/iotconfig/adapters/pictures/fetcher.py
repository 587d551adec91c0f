"""Fetches pictures over HTTP from the addresses that are allowed, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from attrs import frozen

from iotconfig.adapters.outbound import Deadline, OutboundClient, OutboundResponse
from iotconfig.adapters.outbound.errors import (
    AddressRefused,
    BodyCompressed,
    CertificateRefused,
    ConnectionBroken,
    DeadlineExceeded,
    HostNotFound,
    RequestMalformed,
    TlsFailed,
    Unreachable,
)
from iotconfig.domain.errors import ExternalServiceError, ValidationFailed

from .streams import NoPicture, TooLarge, picture_of
from .urls import PictureUrl

MAX_REDIRECTS: Final = 5

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_DEFAULTS: Final = {"accept": "image/png, image/jpeg, image/gif, image/webp, image/bmp, */*;q=0.1"}


@frozen
class HttpPictureSource:
    """`PictureSource` over HTTP.

    Redirects are followed here, each to a URL that is checked like the first. The caller's
    headers may hold credentials, so they are dropped when a redirect leaves the origin.
    """

    client: OutboundClient
    seconds: float
    """The bound for a whole fetch: lookups, redirects and the body."""
    max_bytes: int
    yield_turn: Callable[[], None]
    """Lets other greenlets run, where requests share a thread."""

    def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        """See `PictureSource.fetch`."""
        target = PictureUrl.parse(url)
        try:
            return self._follow(target, headers, Deadline(self.seconds, self.yield_turn))
        except DeadlineExceeded:
            raise _failure(f"it took longer than {self.seconds:g} seconds") from None
        except HostNotFound:
            raise _failure("its host was not found") from None
        except RequestMalformed:
            raise ValidationFailed("A header to forward is not well-formed.", parameter="headers") from None
        except CertificateRefused as error:
            raise _failure(f"its server's certificate is not valid: {error.rule}") from None
        except TlsFailed:
            raise _failure("the TLS handshake with its server failed") from None
        except Unreachable:
            raise _failure("its server cannot be reached") from None
        except ConnectionBroken:
            raise _failure("its server closed the connection early, or does not speak HTTP") from None
        except BodyCompressed:
            raise _failure("its server sent it compressed, although it was not asked to") from None

    def _follow(self, url: PictureUrl, headers: Mapping[str, str], deadline: Deadline) -> bytes:
        for redirects in range(MAX_REDIRECTS + 1):
            try:
                found = self._get(url, headers, deadline)
            except AddressRefused:
                raise _address_refused(redirects) from None
            if isinstance(found, bytes):
                return found
            if not found.has_origin_of(url):
                headers = {}
            url = found
        raise _failure(f"it was redirected more than {MAX_REDIRECTS} times")

    def _get(self, url: PictureUrl, headers: Mapping[str, str], deadline: Deadline) -> bytes | PictureUrl:
        """Return the body, or the URL of a redirect."""
        with self.client.request("GET", url, {**_DEFAULTS, **headers}, deadline) as response:
            if response.status in _REDIRECTS:
                return _redirect(url, response)
            return self._body(response)

    def _body(self, response: OutboundResponse) -> bytes:
        if response.status != HTTPStatus.OK:
            raise _failure(f"its server answered with status {response.status}", status=response.status)
        blocks = response.blocks()
        too_large = f"it is larger than {self.max_bytes} bytes"
        content_type = response.header("content-type").decode("latin-1")
        length = response.header("content-length")
        # Cameras declare a length for endless streams.
        if int(length or 0) > self.max_bytes and not content_type.lower().startswith("multipart/"):
            raise _failure(too_large)
        try:
            return picture_of(blocks, content_type, is_sized=bool(length), max_bytes=self.max_bytes)
        except TooLarge:
            raise _failure(too_large) from None
        except NoPicture as reason:
            raise _failure(str(reason)) from None


def _redirect(url: PictureUrl, response: OutboundResponse) -> PictureUrl:
    location = response.header("location")
    if not location:
        raise _failure("its server sent a redirect without a location", status=response.status)
    try:
        return url.join(location.decode("utf-8", "replace"))
    except ValidationFailed:
        raise _failure("it was redirected to an invalid URL") from None


def _address_refused(redirects: int) -> ValidationFailed | ExternalServiceError:
    """One message for all addresses, so that it reveals nothing about the network behind them."""
    if redirects:
        return _failure("it was redirected to an address that is not allowed")
    return ValidationFailed(
        "Pictures may not be fetched from this host: none of its addresses is public or in a network that "
        "IOTCONFIG_PICTURE_NETWORKS lists.",
        parameter="url",
    )


def _failure(why: str, **details: object) -> ExternalServiceError:
    return ExternalServiceError(f"The picture could not be fetched: {why}.", **details)
