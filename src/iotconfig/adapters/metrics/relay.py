"""What a relay tells, counted around its `Publisher`."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.announcing.ports import Publisher, Receipt
from iotconfig.domain.errors import BrokerUnavailable


class RelayMetrics:
    """`Publisher` that counts what another one does."""

    def __init__(self, registry: CollectorRegistry, publisher: Publisher) -> None:
        self._publisher = publisher
        self._published = Counter(
            "iotconfig_notifications_published_total", "Notifications that the broker took", registry=registry
        )
        self._refused = Counter(
            "iotconfig_notifications_refused_total",
            "Notifications that the broker refused",
            registry=registry,
        )
        self._connected = Gauge(
            "iotconfig_relay_connected",
            "1 while a relay is connected to the broker; one that stands by is not",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._connected.set(0)

    def connect(self) -> None:
        try:
            self._publisher.connect()
        except BrokerUnavailable:
            self._connected.set(0)
            raise
        self._connected.set(1)

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        receipts = self._publisher.publish(announcements)
        answered = [receipt for receipt in receipts if receipt is not None]
        told = sum(receipt.nudge_accepted and receipt.state_accepted for receipt in answered)
        self._published.inc(told)
        self._refused.inc(len(answered) - told)
        return receipts

    def disconnect(self) -> None:
        self._connected.set(0)
        self._publisher.disconnect()
