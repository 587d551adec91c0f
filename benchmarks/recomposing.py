"""An edit of a layer that reaches 10,000 devices: its dry run, the edit, and the job that serves what follows from it.

Each device has 1 KB of own content, and three layers reach it. Each part runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from benchmarks.fleet import records
from benchmarks.harness import machine, postgresql
from iotconfig import ConfigContent, Service, open_service
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.domain.configs.bulk import BulkEntry
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.layering.edits import PutLayer
from iotconfig.domain.layering.recomposition_job import RecompositionJob
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING, Reach
from iotconfig.entrypoints.wiring.clock import utc_now

_ROUNDS = 5
_PADDING = "x" * 800


class AlwaysHeld:
    """The lease of the only job."""

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        return None


def fill(service: Service, count: int) -> None:
    """Store the devices with their tags, and three layers."""
    service.bulk.load(
        (BulkEntry(mac, mac, json.loads(text) | {"padding": _PADDING}) for mac, text in records(count)),
        ImportOptions(),
    )
    service.tags.tag(Selection(everything=True), LabelEdit(add=["floor-3", "lamp"]), BulkOptions())
    for rank, tag in enumerate(("floor-3", "lamp"), start=1):
        content = ConfigContent.parse(json.dumps({"wifi": {"ssid": tag}, tag: rank}))
        service.layers.write(PutLayer(tag, LayerDefinition(content, Reach(tags=[tag]), rank)))
    service.layers.write(edit(0))
    serve(service)


def edit(number: int) -> PutLayer:
    """Another fleet layer."""
    content = {"mqtt": {"host": "broker.example", "port": 8883}, "edit": number}
    return PutLayer("base", LayerDefinition(ConfigContent.parse(json.dumps(content)), EVERYTHING))


def serve(service: Service) -> None:
    """Do all steps of the job, as the leader does them, but without the pauses between them."""
    with ThreadPoolExecutor(1) as threads:
        store = service.configs.store
        job = RecompositionJob(store, AlwaysHeld(), utc_now, lambda work: threads.submit(work).result)
        while job.run_once().seconds < 1:
            pass


@contextmanager
def longest_transaction() -> Iterator[Callable[[], float]]:
    """Yield what returns the seconds of the longest write transaction since then."""
    longest = 0.0

    def watch(kind: Any) -> None:
        writing = kind.writing

        @contextmanager
        def watched(self: Any) -> Iterator[Any]:
            nonlocal longest
            with writing(self) as connection:
                begun = perf_counter()
                yield connection
            longest = max(longest, perf_counter() - begun)

        kind.writing = watched

    for kind in (PostgresqlDatabase, SqliteDatabase):
        watch(kind)
    yield lambda: longest


PARTS: dict[str, Callable[[Service, int], object]] = {
    "dry run": lambda service, number: service.layers.preview(edit(number)),
    "edit": lambda service, number: service.layers.write(edit(number)),
    "job": lambda service, _number: serve(service),
}


def part(url: str, name: str, number: int) -> None:
    """Do one part in this process, and print what it took."""
    with open_service(url) as service, longest_transaction() as longest:
        begun, used = perf_counter(), process_time()
        PARTS[name](service, number)
        taken = {"seconds": perf_counter() - begun, "processor": process_time() - used, "longest": longest()}
    taken["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(taken))


def measured(url: str, name: str, number: int) -> dict[str, float]:
    """What one part takes, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.recomposing", "--part", name, str(number), url]
    return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def report(name: str, url: str, count: int) -> None:
    """Print a row for each part: medians, and the range of the seconds."""
    with open_service(url, upgrade=True) as service:
        fill(service, count)
    rounds = [{part: measured(url, part, number) for part in PARTS} for number in range(1, _ROUNDS + 1)]
    for what in PARTS:
        taken = [each[what] for each in rounds]
        seconds = [each["seconds"] for each in taken]
        median = statistics.median(seconds)
        print(
            f"| {name} | {what} | {median:.2f} ({min(seconds):.2f} to {max(seconds):.2f}) | {count / median:,.0f} "
            f"| {statistics.median(each['processor'] for each in taken):.2f} "
            f"| {1000 * statistics.median(each['longest'] for each in taken):.0f} "
            f"| {max(each['memory'] for each in taken):.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--part", nargs=3, metavar=("PART", "NUMBER", "URL"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        name, number, url = given.part
        part(url, name, int(number))
        return
    print(f"an edit of a layer that reaches {given.devices:,} devices, {_ROUNDS} rounds; {machine()}\n")
    print("| database | part | s | devices/s | s of processor time | longest transaction, ms | peak, MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with postgresql("recomposing") as (url,), TemporaryDirectory() as directory:
        report("PostgreSQL", url, given.devices)
        report("SQLite", f"sqlite:///{Path(directory) / 'recomposing.db'}", given.devices)


if __name__ == "__main__":
    main()
