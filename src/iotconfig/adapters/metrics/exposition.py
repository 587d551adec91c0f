"""All metrics in Prometheus' format: the processes' counters, and current figures from the database."""

from __future__ import annotations

import fcntl
import platform
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from attrs import Factory, frozen
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from iotconfig._version import __version__

from .directory import settled

_ATTEMPTS: Final = 5


@frozen
class Figures:
    """Current figures from the database."""

    configs: int
    pending: int
    parked: int
    oldest_seconds: float
    writable: bool = True
    """Whether the database accepts writes."""
    log_bytes: int | None = None
    """The size of the write-ahead log; None on PostgreSQL."""
    problems: Mapping[str, bool] = Factory(dict)
    """For each code of a problem with announcing, whether the problem exists."""
    devices: Mapping[str, int] = Factory(dict)
    """The number of devices in each state; empty where states are not known."""
    overdue: int = 0
    """The number of devices that have been silent for longer than expected."""


class Exposition:
    """Renders the metrics for a scrape. While the database is away, its figures are omitted."""

    def __init__(
        self,
        registry: CollectorRegistry,
        directory: str,
        figures: Callable[[], Figures | None],
        *,
        announces: bool,
    ) -> None:
        """`directory`: the processes' shared metrics files; if empty, only `registry` is rendered.

        `figures`: returns in bounded time, None without an answer. `announces`: whether a broker is configured.
        """
        self._figures = figures
        self._announces = announces
        self._registry = registry
        if directory:
            self._registry = CollectorRegistry()
            self._registry.register(_Shared(directory))
        self._registry.register(_Asked(self._ask))

    def render(self, accept: str) -> tuple[str, bytes]:
        """Return the media type that the scraper accepts, and all metrics in it."""
        encode, media_type = _encoder(accept)
        for _ in range(_ATTEMPTS):
            try:
                return media_type, encode(self._registry)
            except (OSError, RuntimeError, struct.error):
                # A process was creating its file, or had just ended.
                time.sleep(0.02)
        return media_type, encode(self._registry)

    def _ask(self) -> Iterator[Metric]:
        figures = self._figures()
        labels = {"version": __version__, "python": platform.python_version()}
        build = GaugeMetricFamily("iotconfig_build_info", "The running version", labels=list(labels))
        build.add_metric(list(labels.values()), 1)
        yield build
        yield GaugeMetricFamily(
            "iotconfig_announces",
            "1 if a broker is configured, so that a relay is needed",
            int(self._announces),
        )
        yield GaugeMetricFamily(
            "iotconfig_database_up", "1 while the database answers", int(figures is not None)
        )
        if figures is None:
            return
        yield GaugeMetricFamily(
            "iotconfig_database_writable",
            "1 while the database accepts writes, 0 while it is read-only",
            int(figures.writable),
        )
        if figures.log_bytes is not None:
            yield GaugeMetricFamily(
                "iotconfig_database_log_bytes",
                "Size of the -wal file beside a SQLite database",
                figures.log_bytes,
            )
        yield GaugeMetricFamily("iot_config_files_count", "Stored configs", figures.configs)
        if figures.devices:
            yield from _of_devices(figures.devices, figures.overdue)
        yield GaugeMetricFamily(
            "iotconfig_notifications_pending", "Notifications that wait for the broker", figures.pending
        )
        yield GaugeMetricFamily(
            "iotconfig_notifications_parked",
            "Notifications that the broker refused too often",
            figures.parked,
        )
        yield GaugeMetricFamily(
            "iotconfig_notifications_oldest_age_seconds",
            "Seconds since the oldest pending notification became due",
            figures.oldest_seconds,
        )
        problems = GaugeMetricFamily(
            "iotconfig_announcing_problem",
            "1 while this problem with announcing exists; /api/health has the remedy",
            labels=["problem"],
        )
        for code, is_there in figures.problems.items():
            problems.add_metric([code], int(is_there))
        yield problems


def _of_devices(by_state: Mapping[str, int], overdue: int) -> Iterator[Metric]:
    devices = GaugeMetricFamily(
        "iotconfig_devices",
        "Devices by how what they have compares with what they are to have",
        labels=["state"],
    )
    for state, count in by_state.items():
        devices.add_metric([state], count)
    yield devices
    yield GaugeMetricFamily(
        "iotconfig_devices_overdue", "Devices that have been silent for longer than expected", overdue
    )


class _Shared:
    """Collects the counters of all processes, including ended ones."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._files = MultiProcessCollector(None, directory)  # type: ignore[no-untyped-call] # it has no types

    def collect(self) -> Iterator[Metric]:
        with settled(self._directory, fcntl.LOCK_SH):
            found = list(self._files.collect())  # type: ignore[no-untyped-call] # it has no types
        yield from found

    def describe(self) -> list[Metric]:
        return []


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """Return the encoder and the media type for an `Accept` header; the plain text format by default."""
    try:
        # The library compares media types and parameters case-sensitively, in lower case.
        return choose_encoder(accept.lower().replace('"', ""))
    except (TypeError, ValueError):
        # The library parses version and quality without checks.
        return choose_encoder("")


@frozen
class _Asked:
    """A collector that runs its function at each scrape, not when it is registered."""

    collect: Callable[[], Iterator[Metric]]

    def describe(self) -> list[Metric]:
        return []
