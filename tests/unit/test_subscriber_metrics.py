"""What the subscriber counts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import SubscriberMetrics
from iotconfig.domain.devices.incoming import Incoming, Outcome, Topic


def test_messages_are_counted_by_topic_and_outcome() -> None:
    """All labels are there from the start, so that a first refusal is seen; the lag is that of the oldest message."""
    registry = CollectorRegistry()
    metrics = SubscriberMetrics(registry)

    def count(topic: str, outcome: str) -> float | None:
        labels = {"topic": topic, "outcome": outcome}
        return registry.get_sample_value("iotconfig_device_messages_total", labels)

    assert 0 == count("online", "without_proof")
    report = Incoming(Topic.REPORT, "a", b"", arrived_at=7.0)
    metrics.recorded(
        [report, report, Incoming(Topic.ONLINE, "a", b"", arrived_at=9.0)],
        [Outcome.STORED, Outcome.MALFORMED, Outcome.STORED],
        10.0,
    )
    metrics.recorded([report], [Outcome.STORED], 7.5)

    assert (2, 1, 1) == (count("report", "stored"), count("report", "malformed"), count("online", "stored"))
    assert 3.5 == registry.get_sample_value("iotconfig_device_messages_lag_seconds_sum")
    assert 2 == registry.get_sample_value("iotconfig_device_messages_lag_seconds_count")


def test_the_connection_is_a_gauge() -> None:
    """It is 0 at first."""
    registry = CollectorRegistry()
    metrics = SubscriberMetrics(registry)
    seen = [registry.get_sample_value("iotconfig_subscriber_connected")]
    for is_connected in (True, False):
        metrics.connected(is_connected=is_connected)
        seen.append(registry.get_sample_value("iotconfig_subscriber_connected"))

    assert [0, 1, 0] == seen
