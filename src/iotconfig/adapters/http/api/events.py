"""The changes as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec.cursors import position_at
from iotconfig.adapters.http.events.streams import EventStreams
from iotconfig.adapters.http.events.wire import MEDIA_TYPE
from iotconfig.adapters.http.requests.queries import LOG_POSITION, parameter, read_query
from iotconfig.adapters.networks import Network
from iotconfig.domain.errors import ValidationFailed

LAST_EVENT_ID: Final = "Last-Event-ID"


@frozen
class EventsQuery:
    """The query string of `GET /api/events`."""

    position: int | None = parameter(
        LOG_POSITION, "The position up to which the client has read; by default, the end of the log"
    )


@frozen
class EventsResource:
    """`/api/events`: events, for as long as the client stays connected."""

    streams: EventStreams
    confirm: Callable[[falcon.Request], object]
    """Authenticates the caller again."""
    proxies: Sequence[Network]

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, EventsQuery)
        last = _last_event(req)
        cursor = query.position if last is None else last
        resp.stream = self.streams.open(req, cursor, lambda: self.confirm(req), self.proxies)
        resp.content_type = MEDIA_TYPE
        resp.set_header("Cache-Control", "no-store")
        # nginx would wait for more of the answer otherwise.
        resp.set_header("X-Accel-Buffering", "no")


def _last_event(req: falcon.Request) -> int | None:
    """The id that a client sends when it connects again: newer than the position in its URL."""
    text = req.get_header(LAST_EVENT_ID)
    if not text:
        return None
    try:
        return position_at(text)
    except ValueError:
        raise ValidationFailed(
            f"The header {LAST_EVENT_ID} must be the id of an event, a position of the change log.",
            header=LAST_EVENT_ID,
        ) from None
