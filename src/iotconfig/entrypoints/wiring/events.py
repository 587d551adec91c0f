"""Streams of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iotconfig.entrypoints.settings import Settings

from .persistence import Persistence

if TYPE_CHECKING:
    from iotconfig.adapters.http.events.streams import EventStreams


def event_streams(settings: Settings, persistence: Persistence) -> EventStreams:
    """The streams of this process. They use the database while one is open."""
    from iotconfig.adapters.http.events.feed import ChangeFeed
    from iotconfig.adapters.http.events.streams import EventStreams

    feed = ChangeFeed(persistence.store, persistence.wakeup)
    return EventStreams(feed, settings.serving.event_streams)
