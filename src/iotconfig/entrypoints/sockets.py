"""Listening sockets, opened before any process starts, so that a bad address stops the start with one line."""

from __future__ import annotations

import socket
from typing import Final

from .settings import InvalidSetting, Settings

_BACKLOG: Final = 65535
"""Connections that wait to be accepted. The kernel limits it to `net.core.somaxconn`, which the administrator sets."""


def listen(host: str, port: int, advice: str) -> socket.socket:
    """Open a listening socket. Raises `InvalidSetting`, whose message ends with `advice` if the address is in use."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise InvalidSetting(f"Cannot listen on {host}:{port}: {_reason(error)}.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise InvalidSetting(f"Cannot listen on {host}:{port}: {_reason(error)}. {advice}") from None
    return listener


def listen_for_scrapes(settings: Settings) -> socket.socket | None:
    """Open the socket for metrics; None if they have no separate address. Raises `InvalidSetting`."""
    if not settings.telemetry.metrics_bind:
        return None
    host, _, port = settings.telemetry.metrics_bind.rpartition(":")
    return listen(host.strip("[]"), int(port), "Choose another IOTCONFIG_METRICS_BIND?")


def _reason(error: OSError | UnicodeError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
