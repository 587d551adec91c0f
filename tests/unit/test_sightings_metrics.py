"""Metrics around what stores evidence do not change its behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import DelayMetrics, SightingsMetrics
from iotconfig.domain.devices.delays import Delay
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START

SEEN = [Evidence(mac(number), Kind.HOLDS, '"a"', 1, START + timedelta(seconds=number)) for number in (2, 1)]


class _Store:
    """Takes evidence, or raises an error; says which delays there are, or raises an error."""

    def __init__(self) -> None:
        self.written: list[Evidence] = []
        self.error: StoreUnavailable | None = None
        self.reading_error: StoreUnavailable | None = None

    def record(self, evidence: Sequence[Evidence]) -> None:
        if self.error is not None:
            raise self.error
        self.written += evidence

    def delays(self, batch: Sequence[Evidence]) -> Sequence[Delay]:
        if self.reading_error is not None:
            raise self.reading_error
        return [Delay(each.kind, 4.0) for each in batch]


def test_sightings_that_wait_make_the_lag_grow() -> None:
    """It is that of the last attempt; what was dropped counts even if nothing can be written."""
    registry, store, dropped = CollectorRegistry(), _Store(), iter([3, 3, 5])
    now = START + timedelta(seconds=11)
    metrics = SightingsMetrics(registry, lambda: now)
    record = metrics.counted(store.record, lambda: next(dropped))

    def figures() -> list[float | None]:
        names = ("lag_seconds", "dropped_total", "written_total")
        return [registry.get_sample_value(f"iotconfig_sightings_{name}") for name in names]

    store.error = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        record(SEEN)
    assert [10, 3, 0] == figures()
    now += timedelta(minutes=1)
    store.error = None
    record(SEEN)
    assert [70, 3, 2] == figures()
    record([SEEN[0]])

    assert [69, 5, 3] == figures()
    assert [*SEEN, SEEN[0]] == store.written


def test_delays_of_what_was_written_are_measured() -> None:
    """What fails is not; where delays cannot be read, the evidence is written all the same."""
    registry, store = CollectorRegistry(), _Store()
    write = DelayMetrics(registry).measured(store.record, store)

    def measured() -> float | None:
        return registry.get_sample_value("iotconfig_delivery_seconds_count", {"evidence": "holds"})

    store.error = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        write(SEEN)
    assert 0 == measured()
    store.error = None
    write(SEEN)
    assert 2 == measured()
    store.reading_error = StoreUnavailable("away")
    write(SEEN)

    assert 2 == measured()
    assert [*SEEN, *SEEN] == store.written
    assert 8 == registry.get_sample_value("iotconfig_delivery_seconds_sum", {"evidence": "holds"})
    assert 2 == registry.get_sample_value(
        "iotconfig_delivery_seconds_bucket", {"evidence": "holds", "le": "5.0"}
    )
