"""The metrics of a process's database connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from iotconfig.adapters.telemetry import PoolUse

_PERIOD: Final = 1.0


class PoolMetrics:
    """Gauges of one pool. Each process has its own: a full pool cannot use another process's connections."""

    def __init__(self, registry: CollectorRegistry, look: Callable[[], PoolUse]) -> None:
        self._look = look
        self._gauges = {
            name: Gauge(f"iotconfig_db_pool_{name}", about, registry=registry, multiprocess_mode="liveall")
            for name, about in (
                ("in_use", "Database connections in use"),
                ("idle", "Database connections that are open and idle"),
                ("limit", "The most database connections of a process"),
                ("waiting", "Requests that wait for a database connection"),
            )
        }

    def update_when_read(self) -> None:
        """Update the gauges at each scrape, for a single process."""
        for name, gauge in self._gauges.items():
            gauge.set_function(lambda name=name: float(getattr(self._look(), name)))  # type: ignore[misc] # mypy infers no lambda with a default

    def follow(self) -> None:
        """Update the gauges each second, since another process reads them."""
        Thread(target=self._follow, name="pool-metrics", daemon=True).start()

    def publish(self) -> None:
        """Update the gauges."""
        use = self._look()
        for name, gauge in self._gauges.items():
            gauge.set(getattr(use, name))

    def _follow(self) -> None:
        while True:
            self.publish()
            # By attribute: gevent may patch the module after this one was imported.
            time.sleep(_PERIOD)
