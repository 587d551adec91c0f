"""Metrics as a scrape reads them. Loaded only if metrics are on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from prometheus_client import CollectorRegistry

from iotconfig.adapters.metrics import Bounded, Exposition, Figures, MetricsServer
from iotconfig.domain.announcing.relay_reports import RelayProblemCode
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.status import DeviceQuery
from iotconfig.domain.errors import StoreReadOnly
from iotconfig.entrypoints.settings import Settings

from .clock import utc_now
from .services import Services, open_services


def exposition(services: Services, registry: CollectorRegistry) -> Exposition:
    """The metrics as a scrape reads them."""
    settings, persistence = services.settings, services.persistence

    def figures() -> Figures:
        delivery = services.notifications.health()
        count = services.configs.find(ConfigQuery(limit=1)).count
        there = {problem.code for problem in delivery.problems}
        evidence = persistence.evidence
        # From what the leader and the workers keep: no scrape looks at all devices.
        counts = None if evidence is None else evidence.counts(DeviceQuery(), utc_now())
        return Figures(
            configs=count or 0,
            pending=delivery.pending,
            parked=delivery.parked,
            oldest_seconds=delivery.oldest_seconds,
            writable=_takes_writes(persistence.store),
            log_bytes=None if (log := persistence.log()) is None else log.bytes,
            problems={code.value: code in there for code in RelayProblemCode},
            devices={} if counts is None else {state.value: n for state, n in counts.by_state.items()},
            overdue=0 if counts is None else counts.overdue,
        )

    return Exposition(
        registry,
        settings.telemetry.metrics_directory,
        Bounded(figures).get,
        announces=bool(settings.mqtt.url),
    )


@contextmanager
def answering(settings: Settings, listener: socket.socket, registry: CollectorRegistry) -> Iterator[None]:
    """Answer scrapes on `listener`, an address of their own, until the end of the block."""
    with open_services(settings, checks_schema=False) as services:
        render = exposition(services, registry).render
        with MetricsServer(listener, render, settings.telemetry.metrics_token) as server:
            thread = Thread(target=server.serve_forever, name="metrics-server", daemon=True)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def _takes_writes(store: Store) -> bool:
    try:
        store.check()
    except StoreReadOnly:
        return False
    return True
