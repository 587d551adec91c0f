"""The events of a stream, as the service writes them (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

MOST_EVENT_BYTES: Final = 1024 * 1024
"""The longest event that is kept in memory."""


class EventTooLong(Exception):
    """An event does not end within `MOST_EVENT_BYTES`."""


@frozen
class ServerSentEvent:
    """One event."""

    name: str
    """Empty for the time of `retry` alone."""
    data: bytes
    retry: float | None = None
    """The seconds after which a client that loses the connection opens another one, where the service says so."""


def server_sent_events(blocks: Iterable[bytes]) -> Iterator[ServerSentEvent]:
    """The events in blocks of bytes, each when its end has arrived. Comments are left out. Raises `EventTooLong`."""
    pending = b""
    for block in blocks:
        *whole, pending = (pending + block).split(b"\n\n")
        for text in whole:
            event = _event(text)
            if event.name or event.retry is not None:
                yield event
        if len(pending) > MOST_EVENT_BYTES:
            raise EventTooLong


def _event(text: bytes) -> ServerSentEvent:
    fields = dict(line.split(b": ", 1) for line in text.split(b"\n") if b": " in line)
    milliseconds = fields.get(b"retry", b"")
    return ServerSentEvent(
        fields.get(b"event", b"").decode("ascii", "replace"),
        fields.get(b"data", b""),
        int(milliseconds) / 1000 if milliseconds.isdigit() else None,
    )
