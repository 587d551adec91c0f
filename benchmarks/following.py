"""How soon the stored states of devices follow a change of all documents, what that costs, and how long others wait for it.

`iotconfig serve` runs its leader, whose job writes the states. Each device has shown that it runs its document; an import of
all, then a patch, changes every document: each device is in sync, then pending. The time counts from the commit on.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Final

from attrs import frozen
from tests.support.processes import command_of, descendants
from tests.support.schema import rows
from tests.support.serving import Serve

from benchmarks.fleet import records
from benchmarks.harness import machine, processor_seconds
from benchmarks.harness import postgresql as fresh_postgresql
from iotconfig import (
    BulkEntry,
    BulkOptions,
    ImportOptions,
    MacAddress,
    MergePatch,
    Selection,
    Service,
    open_service,
)
from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.evidence import SqlEvidenceStore
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.devices.state import State
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.databases import open_database

_PATIENCE: Final = 600.0
_COUNTED: Final = "SELECT coalesce(sum(change), 0) FROM device_counts WHERE tag = '' AND state = '{}'"
_WANTED: Final = "SELECT mac_address, etag, number FROM documents ORDER BY mac_address"
_FLUSH: Final = 1000


@frozen
class Scene:
    """A running service, and the database that it uses."""

    url: str
    serve: Serve
    count: int

    def in_state(self, state: State) -> int:
        ((found,),) = rows(self.url, _COUNTED.format(state))
        return int(str(found))

    def until_all_are(self, state: State) -> float:
        """Seconds until all devices are counted in this state."""
        begun = perf_counter()
        while self.in_state(state) < self.count:
            assert perf_counter() - begun < _PATIENCE, f"{self.in_state(state)} are {state}"
            sleep(0.1)
        return perf_counter() - begun

    def leader_seconds(self) -> float:
        """Processor time of the leader so far."""
        pid = next(p for p in descendants(self.serve.process.pid) if "entrypoints.leader" in command_of(p))
        return processor_seconds(pid)

    def measured(self, state: State) -> tuple[float, float]:
        """Seconds until all devices are in a state after the change that was just committed; microseconds of the leader for each."""
        before = self.leader_seconds()
        seconds = self.until_all_are(state)
        return seconds, (self.leader_seconds() - before) * 1e6 / self.count


def _show_what_runs(database: Database, url: str) -> None:
    """Each device shows that it runs its document."""
    evidence = SqlEvidenceStore(database)
    now = datetime.now(UTC)
    shown: Iterator[Evidence] = (
        Evidence(MacAddress.parse(str(mac)), Kind.HOLDS, str(etag), int(str(number)), now)
        for mac, etag, number in rows(url, _WANTED)
    )
    while batch := list(islice(shown, _FLUSH)):
        evidence.write(batch)


def _measure(url: str, directory: Path, devices: int, times: int) -> str:
    found: dict[str, list[tuple[float, float]]] = {"import": [], "patch": []}
    with ExitStack() as stack:
        service: Service = stack.enter_context(open_service(url))
        database = stack.enter_context(closing(open_database(Settings.from_environ({"DATABASE_URL": url}))))
        serve = stack.enter_context(Serve(url, directory / "log"))
        scene = Scene(url, serve, devices)
        entries = (BulkEntry(mac, mac, content) for mac, content in records(devices))
        service.bulk.load(entries, ImportOptions())
        found["import"].append(scene.measured(State.NEVER))
        for _, number in zip(range(times), count(), strict=False):
            _show_what_runs(database, url)
            scene.until_all_are(State.IN_SYNC)
            patch = MergePatch.parse(json.dumps({"patched": number}))
            service.bulk.patch(Selection(everything=True), patch, BulkOptions())
            found["patch"].append(scene.measured(State.PENDING))
    return "; ".join(
        f"{name}: median {statistics.median(s for s, _ in figures):5.2f} s"
        f" ({min(s for s, _ in figures):.2f} to {max(s for s, _ in figures):.2f}),"
        f" {statistics.median(c for _, c in figures):4.0f} us of the leader for a device"
        for name, figures in found.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    print(f"following: {machine()}")
    for devices in given.devices:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(TemporaryDirectory()))
            sqlite = f"sqlite:///{directory / 'configs.db'}"
            with open_service(sqlite, upgrade=True):
                pass
            (server_url,) = stack.enter_context(fresh_postgresql("following"))
            for name, url in (("SQLite", sqlite), ("PostgreSQL", server_url)):
                print(
                    f"  {devices:7,} {name:10}  {_measure(url, directory, devices, given.times)}", flush=True
                )


if __name__ == "__main__":
    main()
