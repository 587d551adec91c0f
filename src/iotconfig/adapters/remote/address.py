"""The URL of a service."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, Self
from urllib.parse import urlsplit

from attrs import frozen

from iotconfig.domain.errors import ValidationFailed

_PORTS: Final = {"http": 80, "https": 443}


@frozen
class ServiceAddress:
    """The URL of a service, without a slash at its end; it has neither user nor password."""

    url: str
    """Such as `https://iot.example.org`, or `http://127.0.0.1:8080/iotconfig`."""
    host: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL. Raises `ValidationFailed`, whose message does not have the text: it may have a password."""
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise _invalid() from None
        if parts.scheme not in _PORTS or not parts.hostname or not text.isascii() or not text.isprintable():
            raise _invalid()
        if parts.username is not None or parts.query or parts.fragment or " " in text:
            raise _invalid()
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        if port is not None and port != _PORTS[parts.scheme]:
            host += f":{port}"
        return cls(f"{parts.scheme}://{host}{parts.path.rstrip('/')}", parts.hostname)

    @property
    def is_encrypted(self) -> bool:
        """Whether requests are encrypted."""
        return self.url.startswith("https:")

    @property
    def is_local(self) -> bool:
        """Whether requests stay on this machine."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return self.url


def _invalid() -> ValidationFailed:
    return ValidationFailed(
        "expected the URL of a service, such as https://iot.example.org, without user, password and query"
    )
