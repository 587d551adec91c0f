"""What sightings of devices cost: in a fetch, in write transactions of a fleet that polls, and with a large table.

`cost` compares the processor time of the only worker for each fetch with that of a service that records no
sightings (`IOTCONFIG_SIGHTINGS_INTERVAL=0`), in alternating pairs.
`fleet` lets devices poll at their intervals, and then all at once after a change, and counts write transactions.
`large` polls a table of many devices, and measures the time from a fetch until it is in the database, and a worker's memory.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, cycle, repeat
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic
from typing import Final

import psycopg
from tests.support.serving import Serve

from benchmarks import fleet
from benchmarks.contestants.servers import cpu_seconds
from benchmarks.harness import machine, postgresql
from benchmarks.polling import poll, poller, until
from iotconfig import ConfigContent, MergePatch

_CONNECTIONS: Final = 16
_INTERVAL: Final = 10
"""Seconds between two writes of sightings, the default."""
_DEVICES: Final = 1000
"""Devices of `cost`."""
_STEP: Final = 7919
"""A prime: steps of this length reach all devices."""
_HASTE: Final = 10
"""How much faster than usually devices poll after a change."""
_CHANGE: Final = {"patched": True}


def fill(url: str, directory: Path, count: int) -> None:
    """Import so many devices."""
    path = directory / "fleet.ndjson"
    fleet.write(path, count)
    fleet.run(url, "import", str(path))


def polls(count: int, *, is_known: bool) -> Iterator[bytes]:
    """A poll of each device. Far apart ones follow each other, as devices do not poll in the order of their addresses."""
    for number in range(count):
        mac, content = fleet.record(number * _STEP % count)
        yield poll(mac, ConfigContent.parse(content).etag if is_known else "")


def cost(pairs: int, turns: int, seconds: float) -> None:
    """The ratio of a fetch's processor time with sightings to that without.

    Each pair is of two new processes, because two processes of one program differ by a few hundredths. In
    a pair, they take `turns` of so many `seconds`.
    """
    with TemporaryDirectory() as name, postgresql("recording", "not_recording") as urls:
        for url in urls:
            fill(url, Path(name), _DEVICES)
        print(
            f"cost of sightings in a fetch: {pairs} pairs of {turns} turns of {seconds:g} s; {machine()}",
            flush=True,
        )
        requests = {status: list(polls(_DEVICES, is_known=status == "304")) for status in ("200", "304")}
        measured: dict[str, list[tuple[float, float]]] = {status: [] for status in requests}
        for _ in range(pairs):
            with ExitStack() as stack:
                services = [
                    stack.enter_context(
                        Serve(url, Path(name) / "log", IOTCONFIG_SIGHTINGS_INTERVAL=str(interval))
                    )
                    for url, interval in zip(urls, (_INTERVAL, 0), strict=True)
                ]
                for status, sent in requests.items():
                    measured[status].append(_turns(services, sent, turns, seconds))
        for status, found in measured.items():
            _show(status, found)


def _turns(
    services: Sequence[Serve], requests: Sequence[bytes], turns: int, seconds: float
) -> tuple[float, float]:
    """Processor time of the worker of each service for each fetch, in microseconds."""
    used, counts = [0.0, 0.0], [0, 0]
    # The first turn warms up.
    for turn in range(turns + 1):
        for number in (0, 1) if turn % 2 else (1, 0):
            (pid,) = services[number].worker_pids()
            # Opened here: the service closes connections that are idle while the other one is measured.
            with poller(services[number].client.base_url, _CONNECTIONS) as client:
                before, end = cpu_seconds(pid), monotonic() + seconds
                count = client.send(until(end, cycle(requests)))
            if turn:
                used[number] += cpu_seconds(pid) - before
                counts[number] += count
    return used[0] / counts[0] * 1e6, used[1] / counts[1] * 1e6


def _show(status: str, measured: Sequence[tuple[float, float]]) -> None:
    ratios = sorted(recording / plain for recording, plain in measured)
    low, _, high = quantiles(ratios, method="inclusive") if len(ratios) > 1 else ratios * 3
    print(
        f"  {status}: {median(a for a, _ in measured):6.1f} us with, {median(b for _, b in measured):6.1f} us without"
        f"   {median(ratios):.3f} x   half of the pairs {low:.3f} to {high:.3f}"
        f"   all {ratios[0]:.3f} to {ratios[-1]:.3f}   (at most 1.04)",
        flush=True,
    )


def _write_transactions(url: str) -> int:
    """The number that the next writing transaction of the server gets: those that only read have none."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


def _stop_vacuuming(url: str) -> None:
    """Stop the server's own transactions, which would count."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum TO off")
        connection.execute("SELECT pg_reload_conf()")


def polling(devices: int, period: float, seconds: float, workers: int) -> None:
    """Write transactions while each device polls once in `period` seconds, and after all were changed."""
    rate = devices / period
    with (
        TemporaryDirectory() as name,
        postgresql("polled") as (url,),
    ):
        fill(url, Path(name), devices)
        with Serve(url, Path(name) / "log", workers=workers) as serve:
            _stop_vacuuming(url)
            everyone = chain.from_iterable(polls(devices, is_known=True) for _ in repeat(None))
            with poller(serve.client.base_url, _CONNECTIONS) as client:
                # Before, each worker meets each device.
                client.send(until(monotonic() + period, everyone), rate=rate, status=b"304")
                before, begun = _write_transactions(url), monotonic()
                client.send(until(begun + seconds, everyone), rate=rate, status=b"304")
                steady = (_write_transactions(url) - before) / (monotonic() - begun) / workers
            answer = serve.client.send_json("POST", "/api/configs/patch", {"all": True, "merge": _CHANGE})
            assert 200 == answer.status, answer.body
            # Opened again: the service closes connections that are idle during the change.
            with poller(serve.client.base_url, _CONNECTIONS) as client:
                before, begun = _write_transactions(url), monotonic()
                client.send(polls(devices, is_known=True), rate=_HASTE * rate, status=b"200")
                client.send(_polls_of_changed(devices), rate=_HASTE * rate, status=b"304")
                burst = (_write_transactions(url) - before) / (monotonic() - begun) / workers
    print(
        f"fleet of {devices:,} that polls every {period:g} s, {workers} workers; {machine()}\n"
        f"  steady state: {steady:.3f} write transactions per worker and second   (at most 0.15)\n"
        f"  after a change of all, polling {_HASTE} times as fast: {burst:.3f}   (at most 1)",
        flush=True,
    )


def _polls_of_changed(count: int) -> Iterator[bytes]:
    """A poll of each device that runs what was changed."""
    change = MergePatch.parse(json.dumps(_CHANGE))
    for number in range(count):
        mac, content = fleet.record(number * _STEP % count)
        yield poll(mac, ConfigContent.parse(change.merged_into(content)).etag)


def large(devices: int, rate: float, seconds: float) -> None:
    """The time until sightings are stored, and the worker's memory, with many devices."""
    with (
        TemporaryDirectory() as name,
        postgresql("large") as (url,),
    ):
        fill(url, Path(name), devices)
        with (
            Serve(url, Path(name) / "log") as serve,
            poller(serve.client.base_url, _CONNECTIONS) as client,
        ):
            (pid,) = serve.worker_pids()
            probes = _Probes(url, int(rate))
            used, begun = cpu_seconds(pid), monotonic()
            everyone = chain.from_iterable(polls(devices, is_known=True) for _ in repeat(None))
            count = client.send(until(begun + seconds, probes.watch(everyone)), rate=rate, status=b"304")
            passed = monotonic() - begun
            used = cpu_seconds(pid) - used
            memory = _memory(pid)
            lags = probes.finish()
    print(
        f"{devices:,} devices, {count / passed:,.0f} polls/s for {passed:.0f} s, one worker; {machine()}\n"
        f"  from a fetch until it is stored: {median(lags):.1f} s (median), {max(lags):.1f} s (longest)   (under 10)\n"
        f"  memory of the worker: {memory['VmRSS']:.0f} MB, at most {memory['VmHWM']:.0f} MB   (under 110)\n"
        f"  processor time of the worker: {used / count * 1e6:.0f} us for each poll, writes included",
        flush=True,
    )


class _Probes:
    """Watches, for one of `every` polls, when the sighting is in the database."""

    def __init__(self, url: str, every: int) -> None:
        self._every = every
        self._waiting: dict[str, float] = {}
        self._lags: list[float] = []
        self._is_over = Event()
        self._url = url
        self._thread = Thread(target=self._look, name="probes")
        self._thread.start()

    def watch(self, requests: Iterator[bytes]) -> Iterator[bytes]:
        """The same requests."""
        for number, request in enumerate(requests):
            if number % self._every == 0:
                mac = request.partition(b"/api/configs/")[2][:17].decode()
                self._waiting.setdefault(mac, monotonic())
            yield request

    def finish(self) -> list[float]:
        """Wait until all are stored; return the seconds that it took for each."""
        end = monotonic() + 60
        while self._waiting and monotonic() < end:
            self._is_over.wait(0.1)
        assert not self._waiting, "sightings were lost"
        self._is_over.set()
        self._thread.join()
        return self._lags

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._is_over.wait(0.1):
                asked = list(self._waiting)
                rows = connection.execute(
                    "SELECT mac_address FROM device_evidence WHERE mac_address = ANY(%s)", [asked]
                ).fetchall()
                now = monotonic()
                self._lags += [now - self._waiting.pop(mac) for (mac,) in rows]


def _memory(pid: int) -> dict[str, float]:
    """Megabytes by the names of the kernel."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = (line.split() for line in lines if line.startswith(("VmRSS", "VmHWM")))
    return {name.rstrip(":"): int(kilobytes) / 1024 for name, kilobytes, _ in fields}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=["cost", "fleet", "large"], help="by default all")
    parser.add_argument("--pairs", type=int, default=9, help="of `cost`")
    parser.add_argument("--turns", type=int, default=8, help="of each process of a pair, for each status")
    parser.add_argument("--turn", type=float, default=1.0, help="seconds of each turn")
    parser.add_argument(
        "--fleet", type=int, default=10_000, help="devices of `fleet`, which poll every minute"
    )
    parser.add_argument("--devices", type=int, default=100_000, help="of `large`")
    parser.add_argument("--rate", type=float, default=1111, help="polls per second of `large`")
    parser.add_argument("--seconds", type=float, default=60, help="of `fleet` in each state, and of `large`")
    parser.add_argument("--workers", type=int, default=2, help="of `fleet`")
    given = parser.parse_args()
    if "cost" in given.parts:
        cost(given.pairs, given.turns, given.turn)
    if "fleet" in given.parts:
        polling(given.fleet, 60, given.seconds, given.workers)
    if "large" in given.parts:
        large(given.devices, given.rate, given.seconds)


if __name__ == "__main__":
    main()
