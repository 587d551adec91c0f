"""The metrics of event streams."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class EventStreamMetrics:
    """The number of open streams, over all workers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._open = Gauge(
            "iotconfig_event_streams", "Open event streams", registry=registry, multiprocess_mode="livesum"
        )

    def count(self, streams: int) -> None:
        """Set the number of open streams of this process."""
        self._open.set(streams)
