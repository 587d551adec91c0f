"""How much of a process's connections to the database is in use."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from iotconfig.adapters.telemetry import PoolUse

_PERIOD: Final = 1.0


class PoolMetrics:
    """Gauges of one pool, one set for each process: a pool that is full is not helped by another's room."""

    def __init__(self, registry: CollectorRegistry, look: Callable[[], PoolUse]) -> None:
        self._look = look
        self._gauges = {
            name: Gauge(f"iotconfig_db_pool_{name}", about, registry=registry, multiprocess_mode="liveall")
            for name, about in (
                ("in_use", "Database connections that are lent at the moment"),
                ("idle", "Database connections that are open and not lent"),
                ("limit", "Database connections that a process may have"),
                ("waiting", "Requests that wait for a database connection"),
            )
        }

    def ask_when_read(self) -> None:
        """Look at the pool whenever the gauges are read: in the one process that there is."""
        for name, gauge in self._gauges.items():
            gauge.set_function(lambda name=name: float(getattr(self._look(), name)))  # type: ignore[misc] # mypy infers no lambda with a default

    def follow(self) -> None:
        """Look at the pool each second, for whoever reads the gauges from another process."""
        Thread(target=self._follow, name="pool-metrics", daemon=True).start()

    def publish(self) -> None:
        """Set the gauges to what the pool's use is now."""
        use = self._look()
        for name, gauge in self._gauges.items():
            gauge.set(getattr(use, name))

    def _follow(self) -> None:
        while True:
            self.publish()
            # Looked up now: gevent patches the module after this one may have been imported.
            time.sleep(_PERIOD)
