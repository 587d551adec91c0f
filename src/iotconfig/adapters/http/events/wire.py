"""The format of server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.codec import to_json

MEDIA_TYPE: Final = "text/event-stream"
COMMENT: Final = b":\n\n"
"""Ignored by clients. It shows proxies, and the service, that the connection is alive."""


def event(name: str, data: object, position: int | None = None) -> bytes:
    """An event with the JSON of `data`. position: its id; None for an event that no client can resume after."""
    line = "" if position is None else f"id: {position}\n"
    return f"event: {name}\n{line}data: {to_json(data)}\n\n".encode()


def retry(seconds: float) -> bytes:
    """The time after which a client that loses the connection opens another one."""
    return f"retry: {round(seconds * 1000)}\n\n".encode()
