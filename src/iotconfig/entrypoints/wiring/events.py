"""Streams of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .services import Services

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.http.events.streams import EventStreams


def event_streams(services: Services, registry: CollectorRegistry | None) -> EventStreams:
    """The streams of this process. They use the database while one is open. registry: where they are counted, if not None."""
    from iotconfig.adapters.http.events.feed import Feed
    from iotconfig.adapters.http.events.streams import EventStreams

    persistence, devices = services.persistence, services.devices
    feed = Feed.of(persistence.store, devices.news if devices else None, persistence.wakeup)
    streams = EventStreams(feed, services.settings.serving.event_streams)
    if registry is not None:
        from . import metrics

        streams.on_count = metrics.counting_streams(registry)
    return streams
