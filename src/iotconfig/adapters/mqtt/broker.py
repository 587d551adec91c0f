"""The address of a broker and the credentials for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from iotconfig.domain.errors import ValidationFailed

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_HOST: Final = re.compile(r"[0-9A-Za-z._:%-]+")
_EXPECTED: Final = "expected mqtt://host[:1883] or mqtts://host[:8883]"


@frozen
class Broker:
    """The address of a broker and the credentials for it. `str()` shows no password."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""

    @classmethod
    def parse(
        cls, url: str, username: str | None = None, password: str | None = None, ca_file: Path | None = None
    ) -> Self:
        """Parse `mqtt://host[:1883]` or `mqtts://host[:8883]`, with or without `user:password@`.

        Raises `ValidationFailed` for anything else.
        """
        try:
            parts = urlsplit(url)
            default_port = _PORTS[parts.scheme]
            port = default_port if parts.port is None else parts.port
        except (ValueError, KeyError):
            raise ValidationFailed(_EXPECTED) from None
        host = parts.hostname or ""
        if not port or not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValidationFailed(_EXPECTED)
        if username is None:
            username = unquote(parts.username) if parts.username else None
            password = password or (unquote(parts.password) if parts.password else None)
        if password is not None and username is None:
            raise ValidationFailed(
                "a password needs a user name: set MQTT_USERNAME, or put both into the URL"
            )
        return cls(host, port, parts.scheme == "mqtts", username, password, ca_file)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"
