"""The report of the active subscriber."""

from __future__ import annotations

from datetime import datetime

from attrs import define

from iotconfig.domain.clock import Clock
from iotconfig.domain.devices.subscriber_reports import SubscriberReport
from iotconfig.domain.jobs.heartbeat import FRESH


@define
class MemorySubscriberReports:
    """`SubscriberReports` in memory."""

    _clock: Clock
    _stored: tuple[datetime, SubscriberReport] | None = None

    def put(self, report: SubscriberReport) -> None:
        self._stored = (self._clock(), report)

    def remove(self, subscriber: str) -> None:
        if self._stored is not None and self._stored[1].subscriber == subscriber:
            self._stored = None

    def fresh(self) -> SubscriberReport | None:
        if self._stored is None:
            return None
        at, report = self._stored
        return report if self._clock() - at < FRESH else None
