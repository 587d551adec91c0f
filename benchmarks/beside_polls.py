"""Single updates and imports beside devices that poll, against the same without: processor time of client and server.

A service records the sightings of the devices, all of which have evidence in the database. In pairs of turns, another
process writes to the same database while the devices poll and while they do not. Of updates, the server's processor
time is that of the processes of the writer's connections.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final

from tests.support.serving import Serve

from benchmarks.contestants.servers import cpu_seconds
from benchmarks.harness import machine, postgresql
from benchmarks.polling import poller
from benchmarks.sightings import fill, polls
from benchmarks.trees import Times, Tree, show

_HERE: Final = Path(__file__).parents[1]
_CONNECTIONS: Final = 16
_PERIOD: Final = 60.0
"""Seconds between two polls of a device."""

_WRITER: Final = """
import json, sys
from itertools import count, islice
from time import process_time
from benchmarks.fleet import records
from iotconfig import BulkEntry, ConfigContent, ImportOptions, open_service

with open_service(sys.argv[1]) as service:
    for round, line in enumerate(sys.stdin, 1):
        work, number = line.split()
        # Contents of other records, so that each write is a change.
        macs = [mac for mac, _ in islice(records(10**9), int(number))]
        contents = [text for _, text in islice(records(10**9), round, round + int(number))]
        used = process_time()
        if work == "update":
            for mac, text in zip(macs, contents):
                service.configs.put(mac, ConfigContent.parse(text))
        else:
            entries = (BulkEntry(mac, mac, text) for mac, text in zip(macs, contents))
            tally = service.bulk.load(entries, ImportOptions(on_conflict="replace"))
            assert tally.changed == len(macs), tally
        print(json.dumps(process_time() - used), flush=True)
"""


class _Writer:
    """A process that writes to the database when it is told to."""

    def __init__(self, url: str) -> None:
        tree = Tree(_HERE, url)
        others = set(tree.backends())
        self._worker = tree.start(_WRITER)
        # It opens connections, prepares statements and fills caches.
        self._worker.work("update 100")
        self._connections = [pid for pid in tree.backends() if pid not in others]

    def measure(self, work: str, count: int) -> Times:
        before = sum(map(cpu_seconds, self._connections))
        client = self._worker.work(f"{work} {count}")
        if work == "import":
            # It has a connection of its own, which is closed at its end.
            return {"client": client}
        used = sum(map(cpu_seconds, self._connections)) - before
        return {"client": client, "server": used, "both": client + used}

    def close(self) -> None:
        self._worker.close()


@contextmanager
def _polled(url: str, requests: Iterator[bytes], rate: float) -> Iterator[None]:
    """Let devices poll while the block runs."""
    is_over = Event()

    def until_it_is_over() -> Iterator[bytes]:
        for request in requests:
            if is_over.is_set():
                return
            yield request

    def send() -> None:
        with poller(url, _CONNECTIONS) as client:
            client.send(until_it_is_over(), rate=rate)

    thread = Thread(target=send, name="devices")
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def compare(devices: int, rate: float, pairs: int, updated: int, imported: int) -> None:
    """Print the ratios of a write without polls to one beside them."""
    with TemporaryDirectory() as name, postgresql("written") as (url,):
        fill(url, Path(name), devices)
        with Serve(url, Path(name) / "log") as serve:
            base = serve.client.base_url
            with poller(base, _CONNECTIONS) as client:
                client.send(polls(devices, is_known=True))
            requests = chain.from_iterable(polls(devices, is_known=False) for _ in repeat(None))
            writer = _Writer(url)
            try:
                for work, count in (("update", updated), ("import", imported)):
                    measured = []
                    for number in range(pairs):
                        found: dict[bool, Times] = {}
                        for is_polled in (True, False) if number % 2 else (False, True):
                            if not is_polled:
                                found[is_polled] = writer.measure(work, count)
                                continue
                            with _polled(base, requests, rate):
                                found[is_polled] = writer.measure(work, count)
                        measured.append((found[False], found[True]))
                    print(
                        f"{work} of {count:,} beside {devices:,} devices that poll {rate:,.0f} times a second; {machine()}"
                    )
                    show(measured)
            finally:
                writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument(
        "--rate", type=float, default=0.0, help="polls per second; by default each device once a minute"
    )
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--updated", type=int, default=1_000, help="single updates in a turn")
    parser.add_argument("--imported", type=int, default=10_000, help="configs of an import")
    given = parser.parse_args()
    rate = given.rate or given.devices / _PERIOD
    compare(given.devices, rate, given.pairs, given.updated, given.imported)


if __name__ == "__main__":
    main()
