"""TCP ports on the loopback address."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress
from typing import Final

_PORTS: Final = range(15_000, 32_000)
"""Below those that Linux, macOS and Windows give to connections and to programs that ask for any port."""


def free_port() -> int:
    """Return a port on which no program listens. No connection gets it before the caller listens there."""
    while True:
        port = secrets.choice(_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
