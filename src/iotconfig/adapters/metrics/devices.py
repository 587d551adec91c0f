"""The metrics of what is recorded about devices. No label grows with the fleet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from iotconfig.domain.clock import Clock
from iotconfig.domain.devices.delays import MEASURED, DelayReader
from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.errors import IotConfigError

_BUCKETS: Final = (1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400)
"""Seconds: a device at the broker runs a change within some, one that sleeps within days."""

Record = Callable[[Sequence[Evidence]], None]


class DelayMetrics:
    """Measures how long devices take to run new documents."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "iotconfig_delivery_seconds",
            "Seconds from the commit of a document to the first evidence that its device runs it",
            ["evidence"],
            buckets=_BUCKETS,
            registry=registry,
        )
        for kind in MEASURED:
            self._seconds.labels(kind.value)

    def measured(self, write: Record, reader: DelayReader) -> Record:
        """Return `write`, which stores evidence, with the measurement around it."""

        def write_and_measure(batch: Sequence[Evidence]) -> None:
            try:
                delays = reader.delays(batch)
            except IotConfigError:
                # Writing says what is wrong.
                delays = ()
            write(batch)
            for delay in delays:
                self._seconds.labels(delay.kind.value).observe(delay.seconds)

        return write_and_measure


class SightingsMetrics:
    """The metrics of the sightings that a process keeps and writes."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._written = Counter(
            "iotconfig_sightings_written_total",
            "Sightings of devices that were handed to the database",
            registry=registry,
        )
        self._dropped = Counter(
            "iotconfig_sightings_dropped_total",
            "Sightings of devices that did not fit into the memory of a worker",
            registry=registry,
        )
        self._lag = Gauge(
            "iotconfig_sightings_lag_seconds",
            "Age of the oldest sighting in a worker when it last wrote sightings, or tried to",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._dropped_before = 0

    def counted(self, record: Record, dropped: Callable[[], int]) -> Record:
        """Return `record`, which stores sightings, with metrics around it.

        dropped: returns how many sightings this process has dropped so far.
        """

        def record_and_count(sightings: Sequence[Evidence]) -> None:
            oldest = min(each.received_at for each in sightings)
            self._lag.set(max(0.0, (self._clock() - oldest).total_seconds()))
            now_dropped = dropped()
            self._dropped.inc(now_dropped - self._dropped_before)
            self._dropped_before = now_dropped
            record(sightings)
            self._written.inc(len(sightings))

        return record_and_count
