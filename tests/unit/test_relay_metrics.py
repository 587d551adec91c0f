"""What is counted around a publisher changes nothing of what it does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import RelayMetrics
from iotconfig.domain.announcing.announcement import Announcement, Kind, Subject
from iotconfig.domain.announcing.ports import Receipt
from iotconfig.domain.errors import BrokerUnavailable

TOLD = Receipt(hint_accepted=True, state_accepted=True)
ANNOUNCEMENT = Announcement(Subject(Kind.CONFIG, "02:00:00:00:00:01"), restart_hint=True, state=None)


class Scripted:
    """`Publisher` that answers as it is told."""

    def __init__(self, *receipts: Receipt | None) -> None:
        self.receipts = receipts
        self.is_away = False
        self.announced: Sequence[Announcement] = ()

    def connect(self) -> None:
        if self.is_away:
            raise BrokerUnavailable("away")

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        self.announced = announcements
        return self.receipts

    def disconnect(self) -> None:
        """Nothing is connected."""


def test_what_the_broker_took_and_refused_is_counted() -> None:
    """An announcement without an answer is neither: it will be told again."""
    registry, publisher = CollectorRegistry(), Scripted(
        TOLD, Receipt(hint_accepted=False, state_accepted=True, error="no"), None, Receipt(False, False, "no", connection_closed=True), TOLD
    )  # fmt: skip
    metrics = RelayMetrics(registry).counted(publisher)
    receipts = metrics.publish([ANNOUNCEMENT] * 5)

    assert publisher.receipts == receipts
    assert [ANNOUNCEMENT] * 5 == publisher.announced
    assert 2 == registry.get_sample_value("iotconfig_notifications_published_total")
    assert 2 == registry.get_sample_value("iotconfig_notifications_refused_total")


def test_connected_is_what_was_seen_last() -> None:
    """Not before the first connection, nor after a failed one, nor after the end of one."""
    registry, publisher = CollectorRegistry(), Scripted()
    metrics = RelayMetrics(registry).counted(publisher)

    def connected() -> float | None:
        return registry.get_sample_value("iotconfig_relay_connected")

    seen = [connected()]
    metrics.connect()
    seen.append(connected())
    publisher.is_away = True
    with pytest.raises(BrokerUnavailable):
        metrics.connect()
    seen.append(connected())
    publisher.is_away = False
    metrics.connect()
    seen.append(connected())
    metrics.disconnect()
    assert [0, 1, 0, 1, 0] == [*seen, connected()]
