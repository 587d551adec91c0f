"""HTTP URLs, taken apart."""

from __future__ import annotations

from typing import Final, Self
from urllib.parse import urlsplit

from attrs import frozen

from .errors import RequestMalformed

PORTS: Final = {"http": 80, "https": 443}
"""The default port of each scheme."""


@frozen
class HttpUrl:
    """One http or https URL, without user, password and fragment."""

    scheme: str
    """`http` or `https`."""
    host: str
    """A name or an address in ASCII and lower case; an IPv6 address without brackets."""
    port: int
    target: str
    """Path and query, percent-encoded."""

    @classmethod
    def split(cls, text: str) -> Self:
        """Take apart a URL from the operator's settings, or from a server that these name.

        Raises `RequestMalformed` where it is not an http or https URL in ASCII.
        """
        try:
            parts = urlsplit(text)
            port = parts.port or PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise RequestMalformed from None
        if not parts.hostname or not text.isascii():
            raise RequestMalformed
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, parts.hostname, port, target)

    @property
    def authority(self) -> str:
        """Host and port, as in the Host header: without the scheme's default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def has_origin_of(self, other: HttpUrl) -> bool:
        """Whether scheme, host and port are equal (RFC 6454)."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"
