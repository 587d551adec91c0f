"""Counters and gauges of a process. Loaded only if metrics are on."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import HttpMetrics, PoolMetrics, RelayMetrics, SubscriberMetrics
from iotconfig.adapters.telemetry import Observer, PoolUse
from iotconfig.domain.announcing.ports import Publisher
from iotconfig.domain.devices.subscriber import Observer as SubscriberObserver
from iotconfig.entrypoints.settings import Settings


def counting(registry: CollectorRegistry) -> Observer:
    """The observer that counts answers."""
    return HttpMetrics(registry)


def counting_relay(registry: CollectorRegistry) -> Callable[[Publisher], Publisher]:
    """Put counters around the publisher of each relay that the process opens."""
    return RelayMetrics(registry).counted


def counting_subscriber(registry: CollectorRegistry) -> SubscriberObserver:
    """The observer that counts the messages of devices."""
    return SubscriberMetrics(registry)


def watch_pool(settings: Settings, registry: CollectorRegistry, use: Callable[[], PoolUse]) -> None:
    """Measure the use of the database's connections."""
    metrics = PoolMetrics(registry, use)
    if settings.telemetry.metrics_directory:
        metrics.follow()
    else:
        metrics.update_when_read()
