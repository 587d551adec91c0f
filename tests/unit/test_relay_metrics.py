"""Metrics around a publisher do not change its behaviour."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import RelayMetrics
from iotconfig.domain.announcing.announcement import Announcement, Kind, Subject
from iotconfig.domain.announcing.ports import Receipt
from iotconfig.domain.errors import BrokerUnavailable

DELIVERED = Receipt(hint_accepted=True, state_accepted=True)
ANNOUNCEMENT = Announcement(Subject(Kind.CONFIG, "02:00:00:00:00:01"), restart_hint=True, state=None)


class ScriptedPublisher:
    """A publisher that returns scripted receipts."""

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


def test_accepted_and_refused_announcements_are_counted() -> None:
    """An unanswered announcement counts as neither, since it is published again."""
    registry, publisher = CollectorRegistry(), ScriptedPublisher(
        DELIVERED, Receipt(hint_accepted=False, state_accepted=True, error="no"), None, Receipt(False, False, "no", connection_closed=True), DELIVERED
    )  # fmt: skip
    metrics = RelayMetrics(registry).counted(publisher)
    receipts = metrics.publish([ANNOUNCEMENT] * 5)

    assert publisher.receipts == receipts
    assert [ANNOUNCEMENT] * 5 == publisher.announced
    assert 2 == registry.get_sample_value("iotconfig_notifications_published_total")
    assert 2 == registry.get_sample_value("iotconfig_notifications_refused_total")


def test_connected_follows_the_last_connection() -> None:
    """It is 0 before the first connection, after a failed one, and after the end of one."""
    registry, publisher = CollectorRegistry(), ScriptedPublisher()
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
