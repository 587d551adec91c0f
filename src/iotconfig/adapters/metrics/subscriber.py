"""What the subscriber does, in counters."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from iotconfig.domain.devices.incoming import Incoming, Outcome, Topic

_LAGS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class SubscriberMetrics:
    """The `Observer` of a process's subscriber, of which there is one at a time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._received = Counter(
            "iotconfig_device_messages_total",
            "Messages of devices over the broker, by topic and by what became of them",
            ["topic", "outcome"],
            registry=registry,
        )
        for topic in Topic:
            for outcome in Outcome:
                self._received.labels(topic.value, outcome.value)
        self._lag = Histogram(
            "iotconfig_device_messages_lag_seconds",
            "Seconds from the arrival of the oldest message of a batch to the commit",
            buckets=_LAGS,
            registry=registry,
        )
        self._connected = Gauge(
            "iotconfig_subscriber_connected",
            "1 while the active subscriber is connected to the broker",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._connected.set(0)

    def connected(self, *, is_connected: bool) -> None:
        self._connected.set(is_connected)

    def recorded(self, messages: Sequence[Incoming], outcomes: Sequence[Outcome], now: float) -> None:
        topics = (message.topic.value for message in messages)
        words = (outcome.value for outcome in outcomes)
        for labels, count in Counts(zip(topics, words, strict=True)).items():
            self._received.labels(*labels).inc(count)
        if messages:
            self._lag.observe(now - messages[0].arrived_at)
