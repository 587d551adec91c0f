"""URLs of pictures, parsed strictly, so that no other parser can read them differently later."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final, Self
from urllib.parse import quote, urljoin

import idna
from attrs import frozen

from iotconfig.adapters.outbound.urls import PORTS, HttpUrl
from iotconfig.domain.errors import ValidationFailed

MAX_LENGTH: Final = 2048
"""The longest URL, in characters."""

_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(\?(?P<query>[^#]*))?(#.*)?",
    re.IGNORECASE,
)
_AUTHORITY: Final = re.compile(r"(\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:@]+))(:(?P<port>[0-9]{0,5}))?")
_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_MAX_NAME: Final = 253
_HIGHEST_PORT: Final = 65535
_KEPT: Final = "/?:@!$&'()*+,;=-._~%[]"
"""Characters of a path or a query that are kept; all others are percent-encoded, as in browsers."""


@frozen
class PictureUrl(HttpUrl):
    """The URL of a picture."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an http or https URL. Its fragment is dropped.

        Raises `ValidationFailed` for anything else, and for a URL with user or password:
        these would reach logs, and a header can carry them.
        """
        if len(text) > MAX_LENGTH:
            raise _refusal(f"it is longer than {MAX_LENGTH} characters")
        url = _URL.fullmatch(text)
        if url is None or not text.isprintable():
            raise _refusal("expected one such as https://example.org/picture.png")
        if "@" in url["authority"]:
            raise _refusal("it may not contain a user or a password: send them in a header that you forward")
        authority = _AUTHORITY.fullmatch(url["authority"])
        if authority is None:
            raise _refusal("its host is malformed")
        scheme = url["scheme"].lower()
        port = int(authority["port"] or PORTS[scheme])
        if not 1 <= port <= _HIGHEST_PORT:
            raise _refusal("its port is malformed")
        target = url["path"] or "/"
        if url["query"] is not None:
            target += f"?{url['query']}"
        host = _address(authority["v6"]) if authority["v6"] else _name(authority["name"])
        return cls(scheme, host, port, quote(target, safe=_KEPT))

    def join(self, reference: str) -> Self:
        """Return the URL of a redirect from this one. Raises `ValidationFailed`."""
        try:
            return self.parse(urljoin(str(self), reference))
        except ValueError:
            raise _refusal("it is not well-formed") from None


def _address(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise _refusal("its host is malformed") from None


def _name(text: str) -> str:
    """Return the name in the form that is resolved. Numbers such as 0x7f.1 are names, whose addresses are checked."""
    try:
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        raise _refusal("its host is malformed") from None
    name = name.removesuffix(".")
    if len(name) > _MAX_NAME or _NAME.fullmatch(name) is None:
        raise _refusal("its host is malformed")
    return name


def _refusal(rule: str) -> ValidationFailed:
    return ValidationFailed(f"The picture's URL cannot be used: {rule}.", parameter="url")
