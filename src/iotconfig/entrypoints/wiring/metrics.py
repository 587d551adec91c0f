"""Metrics and their sources. Loaded only if metrics are on."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import Bounded, Exposition, Figures, HttpMetrics, PoolMetrics, RelayMetrics
from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.telemetry import LogUse, Observer
from iotconfig.domain.announcing.ports import Publisher
from iotconfig.domain.announcing.relay_reports import RelayProblemCode
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import StoreReadOnly
from iotconfig.entrypoints.settings import Settings


def counting(registry: CollectorRegistry) -> Observer:
    """The observer that counts answers."""
    return HttpMetrics(registry)


def counting_relay(registry: CollectorRegistry) -> Callable[[Publisher], Publisher]:
    """Put counters around the publisher of each relay that the process opens."""
    return RelayMetrics(registry).counted


def watch_pool(settings: Settings, registry: CollectorRegistry, database: Database) -> None:
    """Measure the use of the database's connections."""
    metrics = PoolMetrics(registry, database.use)
    if settings.telemetry.metrics_directory:
        metrics.follow()
    else:
        metrics.update_when_read()


def exposition(
    settings: Settings,
    registry: CollectorRegistry,
    configs: ConfigService,
    notifications: NotificationService,
    log: Callable[[], LogUse | None],
) -> Exposition:
    """The metrics as a scrape reads them.

    `log`: the size of the database's write-ahead log; None where it has none.
    """

    def figures() -> Figures:
        delivery = notifications.health()
        count = configs.find(ConfigQuery(limit=1)).count
        there = {problem.code for problem in delivery.problems}
        return Figures(
            configs=count or 0,
            pending=delivery.pending,
            parked=delivery.parked,
            oldest_seconds=delivery.oldest_seconds,
            writable=_takes_writes(configs.store),
            log_bytes=None if (use := log()) is None else use.bytes,
            problems={code.value: code in there for code in RelayProblemCode},
        )

    return Exposition(
        registry,
        settings.telemetry.metrics_directory,
        Bounded(figures).get,
        announces=bool(settings.mqtt.url),
    )


def _takes_writes(store: Store) -> bool:
    try:
        store.check()
    except StoreReadOnly:
        return False
    return True
