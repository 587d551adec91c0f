"""Counters and gauges of a process. Loaded only if metrics are on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import (
    DelayMetrics,
    EventStreamMetrics,
    HttpMetrics,
    PoolMetrics,
    RelayMetrics,
    SightingsMetrics,
    SubscriberMetrics,
)
from iotconfig.adapters.telemetry import Observer, PoolUse
from iotconfig.domain.announcing.ports import Publisher
from iotconfig.domain.devices.delays import DelayReader
from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.devices.subscriber import Observer as SubscriberObserver
from iotconfig.entrypoints.settings import Settings

from .clock import utc_now

Record = Callable[[Sequence[Evidence]], None]
"""Stores evidence."""
Measure = Callable[[Record, DelayReader], Record]
"""Puts a measurement around what stores evidence."""


def counting(registry: CollectorRegistry) -> Observer:
    """The observer that counts answers."""
    return HttpMetrics(registry)


def counting_relay(registry: CollectorRegistry) -> Callable[[Publisher], Publisher]:
    """Put counters around the publisher of each relay that the process opens."""
    return RelayMetrics(registry).counted


def counting_subscriber(registry: CollectorRegistry) -> SubscriberObserver:
    """The observer that counts the messages of devices."""
    return SubscriberMetrics(registry)


def counting_streams(registry: CollectorRegistry) -> Callable[[int], None]:
    """What gets the number of open event streams."""
    return EventStreamMetrics(registry).count


def measuring_delays(registry: CollectorRegistry) -> Measure:
    """Measure how long devices take to run new documents."""
    return DelayMetrics(registry).measured


def counting_sightings(registry: CollectorRegistry) -> Callable[[Record, Callable[[], int]], Record]:
    """Put counters around what stores sightings; the second argument returns how many were dropped."""
    return SightingsMetrics(registry, utc_now).counted


def watch_pool(settings: Settings, registry: CollectorRegistry, use: Callable[[], PoolUse]) -> None:
    """Measure the use of the database's connections."""
    metrics = PoolMetrics(registry, use)
    if settings.telemetry.metrics_directory:
        metrics.follow()
    else:
        metrics.update_when_read()
