"""Counters around the `Publisher` of a relay."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.announcing.ports import Publisher, Receipt
from iotconfig.domain.errors import BrokerUnavailable


class RelayMetrics:
    """The metrics of a process's relay, of which there is one at a time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter(
            "iotconfig_notifications_published_total",
            "Notifications that the broker accepted",
            registry=registry,
        )
        self.refused = Counter(
            "iotconfig_notifications_refused_total",
            "Notifications that the broker refused",
            registry=registry,
        )
        self.connected = Gauge(
            "iotconfig_relay_connected",
            "1 while the active relay is connected to the broker",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.connected.set(0)

    def counted(self, publisher: Publisher) -> Publisher:
        """Return the publisher with counters around it."""
        return _CountedPublisher(self, publisher)


class _CountedPublisher:
    """`Publisher` that counts the answers of another one."""

    def __init__(self, metrics: RelayMetrics, publisher: Publisher) -> None:
        self._metrics = metrics
        self._publisher = publisher

    def connect(self) -> None:
        try:
            self._publisher.connect()
        except BrokerUnavailable:
            self._metrics.connected.set(0)
            raise
        self._metrics.connected.set(1)

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        receipts = self._publisher.publish(announcements)
        answered = [receipt for receipt in receipts if receipt is not None]
        delivered = sum(receipt.hint_accepted and receipt.state_accepted for receipt in answered)
        self._metrics.published.inc(delivered)
        self._metrics.refused.inc(len(answered) - delivered)
        return receipts

    def disconnect(self) -> None:
        self._metrics.connected.set(0)
        self._publisher.disconnect()
