"""Streams of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .services import Services

if TYPE_CHECKING:
    from iotconfig.adapters.http.events.streams import EventStreams


def event_streams(services: Services) -> EventStreams:
    """The streams of this process. They use the database while one is open."""
    from iotconfig.adapters.http.events.feed import Feed
    from iotconfig.adapters.http.events.streams import EventStreams

    persistence, devices = services.persistence, services.devices
    feed = Feed.of(persistence.store, devices.news if devices else None, persistence.wakeup)
    return EventStreams(feed, services.settings.serving.event_streams)
