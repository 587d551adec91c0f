"""Reports of relays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import Factory, define

from iotconfig.domain.announcing.relay_reports import RelayReport
from iotconfig.domain.clock import Clock
from iotconfig.domain.jobs.heartbeat import FRESH


@define
class MemoryRelayReports:
    """`RelayReports` in memory."""

    _clock: Clock
    _reports: dict[str, tuple[datetime, RelayReport]] = Factory(dict)

    def put(self, report: RelayReport) -> None:
        kept = {
            name: (at, other)
            for name, (at, other) in self._reports.items()
            if not (report.is_active and other.is_active)
        }
        self._reports = {**kept, report.relay: (self._clock(), report)}

    def remove(self, relay: str) -> None:
        self._reports.pop(relay, None)

    def fresh(self) -> Sequence[RelayReport]:
        now = self._clock()
        return [report for _, (at, report) in sorted(self._reports.items()) if now - at < FRESH]
