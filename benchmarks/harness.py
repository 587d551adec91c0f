"""Shared parts of the benchmarks: databases, a broker, medians of alternating runs, and the machine."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.mosquitto import Mosquitto
from tests.support.postgres import PostgresServer, create_database

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def postgresql(*names: str) -> Iterator[list[str]]:
    """The URLs of fresh databases with the current schema, on one fresh PostgreSQL server."""
    server = PostgresServer()
    try:
        urls = [create_database(server.base_url, name) for name in names]
        for url in urls:
            Migrations(DatabaseUrl.parse(url)).upgrade()
        yield urls
    finally:
        server.close()


@contextmanager
def mosquitto() -> Iterator[Mosquitto]:
    """A fresh broker without a limit on unacknowledged messages."""
    with TemporaryDirectory() as directory:
        broker = Mosquitto(Path(directory), "max_inflight_messages 0", verbose=False)
        try:
            yield broker
        finally:
            broker.stop()


def rounds(contestants: Mapping[str, Callable[[], float]], count: int) -> dict[str, float]:
    """The median of each contestant's figures; runs alternate, so that other load affects all of them."""
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(count):
        for name, run in contestants.items():
            samples[name].append(run())
    return {name: statistics.median(figures) for name, figures in samples.items()}


def processor_seconds(pid: int) -> float:
    """The processor time of a process so far, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine() -> str:
    """The machine in one line."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"


def percentile(samples: list[float], share: float) -> float:
    """The percentile of the samples at `share` (0 to 1)."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]
