"""Events of a stream, however the network cuts it."""

from __future__ import annotations

import pytest

from iotconfig.adapters.http.events.wire import COMMENT, event, retry
from iotconfig.adapters.remote.server_sent_events import (
    MOST_EVENT_BYTES,
    EventTooLong,
    ServerSentEvent,
    server_sent_events,
)

_STREAM = retry(1.25) + event("hello", {"position": 7}) + COMMENT + event("change", {"é": "a: b"}, 8)
_EVENTS = [
    ServerSentEvent("", b"", 1.25),
    ServerSentEvent("hello", b'{"position": 7}'),
    ServerSentEvent("change", b'{"\\u00e9": "a: b"}'),
]


def test_events_are_read_wherever_blocks_end() -> None:
    """What the service writes, in two blocks of every size, and byte by byte; comments are left out."""
    for cut in range(len(_STREAM) + 1):
        assert _EVENTS == list(server_sent_events([_STREAM[:cut], _STREAM[cut:]]))
    assert _EVENTS == list(server_sent_events(bytes([byte]) for byte in _STREAM))


def test_an_event_without_an_end_is_no_event() -> None:
    """The connection ended within it."""
    assert _EVENTS[:1] == list(server_sent_events([_STREAM[:-1]]))[:1]
    assert [] == list(server_sent_events([b"event: change\ndata: {"]))


def test_an_endless_event_is_refused() -> None:
    """No service sends one, and memory ends."""
    with pytest.raises(EventTooLong):
        list(server_sent_events(b"x" * 65_536 for _ in range(MOST_EVENT_BYTES)))
