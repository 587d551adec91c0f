"""Streams of events on one worker: memory for each, and the time from a commit to the event, on both databases."""

from __future__ import annotations

import argparse
import json
import re
import selectors
import socket
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Final

from tests.support.processes import resident
from tests.support.serving import Serve

from benchmarks.harness import machine, percentile, postgresql
from iotconfig import ConfigContent, MacAddress, open_service
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations

_DEVICE: Final = MacAddress.parse("02:00:00:00:00:01")
_ID: Final = re.compile(rb"^id: (\d+)$", re.MULTILINE)


def write(url: str, count: int, interval: float) -> None:
    """Change a config again and again, in a process of its own; print the time after each commit."""
    times = []
    with open_service(url, upgrade=False) as service:
        for number in range(count):
            service.configs.put(_DEVICE, ConfigContent.parse(f'{{"n": {number}}}'))
            times.append(monotonic())
            sleep(interval)
    print(json.dumps(times))


class Reader:
    """Reads all streams in one thread, and notes when each event arrives."""

    def __init__(self, address: tuple[str, int], streams: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets = []
        self.arrived: dict[int, list[float]] = {}
        """The times of arrival, by position."""
        self.greeted = 0
        for _ in range(streams):
            connection = socket.create_connection(address)
            connection.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ)
            self._sockets.append(connection)

    def read(self, seconds: float) -> None:
        """Read what arrives within this time, at least once."""
        for key, _ in self._selector.select(seconds):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            data = connection.recv(1 << 20)
            assert data, "a stream ended"
            now = monotonic()
            self.greeted += data.count(b"event: hello")
            for position in _ID.findall(data):
                self.arrived.setdefault(int(position), []).append(now)

    def close(self) -> None:
        for connection in self._sockets:
            connection.close()


def measured(serve: Serve, streams: int, count: int, interval: float) -> str:
    """One line of figures."""
    (worker,) = serve.worker_pids()
    for _ in range(20):
        serve.client.get("/api/changes")
    before = resident(worker)
    reader = Reader(serve.client.address, streams)
    while reader.greeted < streams:
        reader.read(1.0)
    each = (resident(worker) - before) / streams
    command = [sys.executable, "-m", "benchmarks.events", "--write", serve.database_url]
    command += ["--changes", str(count), "--interval", str(interval)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while len(reader.arrived.get(count, ())) < streams:
            reader.read(1.0)
        committed = json.loads(writer.stdout.read())
    reader.close()
    delays = [
        max(0.0, arrived - committed[position - 1])
        for position, times in reader.arrived.items()
        for arrived in times
    ]
    assert streams * count == len(delays)
    grown = (resident(worker) - before) / streams
    return (
        f"{each / 1024:5.1f} KB for each stream, {grown / 1024:5.1f} KB after the changes; from the commit to the event "
        f"{1000 * median(delays):.1f} ms (median), {1000 * percentile(delays, 0.99):.1f} ms (p99)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--changes", type=int, default=200, help="each is sent to every stream")
    parser.add_argument("--interval", type=float, default=0.1, help="seconds between two changes")
    parser.add_argument("--write", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write(given.write, given.changes, given.interval)
        return
    print(f"events: {given.streams} streams on one worker, {given.changes} changes; {machine()}")
    with TemporaryDirectory() as directory, postgresql("events") as (url,):
        sqlite = f"sqlite:///{Path(directory) / 'events.db'}"
        Migrations(DatabaseUrl.parse(sqlite)).upgrade()
        for name, each in (("SQLite", sqlite), ("PostgreSQL", url)):
            log = Path(directory) / f"{name}.log"
            with Serve(each, log, IOTCONFIG_EVENT_STREAMS=str(4 * given.streams)) as serve:
                print(f"  {name:10} {measured(serve, given.streams, given.changes, given.interval)}")


if __name__ == "__main__":
    main()
