"""The routes under load, compared with other programs: ratios of alternating runs.

wrk, PostgreSQL and the server share the machine's processors, so a rate says as much
about them as about the server; what counts is the ratio of two rates of one run.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from attrs import astuple, evolve, frozen
from tests.support.http import Client
from tests.support.ports import free_port
from tests.support.serving import Serve

from benchmarks import wrk
from benchmarks.contestants import afternoon, servers
from benchmarks.contestants.servers import Server
from benchmarks.harness import machine, postgresql
from benchmarks.wrk import Request
from iotconfig import ConfigContent, MacAddress, open_service

_DEVICES = 1000
_CONTENT = (
    '{"deviceName": "Device %06d", "deviceEntityId": "sensor.device_%06d", "enableOTA": true, '
    '"wifi": {"ssid": "building", "channel": 6}, "intervals": [10, 20, 30], "serial": "0000000000"}'
)
_OURS, _GRANIAN, _NGINX = "iotconfig", "on Granian", "(d) nginx, files"
_CONSTANT, _QUERY, _AFTERNOON = "(a) a constant", "(b) one query", "(c) Flask, ORM"


@frozen
class Arena:
    """The running programs, their addresses and their documents."""

    servers: Mapping[str, Server]
    fetches: Path
    revalidations: Path
    updates: Mapping[str, Path]
    worker_pids: Callable[[], list[int]]


@frozen
class Trial:
    """One measurement: a kind of request to one contestant."""

    contestant: str
    requests: Path
    connections: int = 16


def documents() -> dict[str, str]:
    """The documents by MAC address."""
    return {f"02:00:00:00:{n >> 8:02x}:{n & 255:02x}": _CONTENT % (n, n) for n in range(_DEVICES)}


def fetch(mac: str) -> Request:
    return Request("GET", f"/api/configs/{mac}.json")


@contextmanager
def arena() -> Iterator[Arena]:
    stored = documents()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        ours, other = stack.enter_context(postgresql("ours", "afternoon"))
        ids = fill(ours, other, stored)
        for url in (ours, other):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
        # With the defaults, and with metrics on.
        serve = stack.enter_context(
            Serve(
                ours,
                directory / "log",
                workers=servers.workers(),
                IOTCONFIG_METRICS_BIND=f"127.0.0.1:{free_port()}",
            )
        )
        running = {
            _CONSTANT: stack.enter_context(servers.on_our_server("constant", ours)),
            _QUERY: stack.enter_context(servers.on_our_server("one_query", ours)),
            _AFTERNOON: stack.enter_context(servers.on_waitress(other, afternoon.THREADS)),
            _OURS: Server(serve.client.base_url, serve.process.pid),
        }
        if find_spec("granian"):
            running[_GRANIAN] = stack.enter_context(servers.on_granian(ours, 8))
        if servers.nginx_binary():
            running[_NGINX] = stack.enter_context(servers.on_nginx(stored))
        revalidations = (
            evolve(fetch(mac), if_none_match=ConfigContent.parse(content).etag)
            for mac, content in stored.items()
        )
        yield Arena(
            running,
            wrk.write(directory / "fetches", map(fetch, stored)),
            wrk.write(directory / "revalidations", revalidations),
            {
                name: wrk.write(
                    directory / f"updates-{number}",
                    (
                        Request("PUT", f"/api/configs/{numbers[mac]}", body=f'{{"content": {content}}}')
                        for mac, content in stored.items()
                    ),
                )
                for number, (name, numbers) in enumerate(ids.items())
            },
            serve.worker_pids,
        )


def fill(ours: str, other: str, documents: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Store the documents for all contestants; returns their ids by MAC address."""
    ids: dict[str, dict[str, int]] = {_OURS: {}, _AFTERNOON: {}}
    with psycopg.connect(other) as connection:
        connection.execute("DROP TABLE configs")
    with open_service(ours) as service, afternoon.sessions(other)() as session:
        for mac, text in documents.items():
            config, _ = service.configs.put(MacAddress.parse(mac), ConfigContent.parse(text))
            ids[_OURS][mac] = config.id
            entity = afternoon.Config(
                mac_address=mac,
                content=text,
                device_name=config.content.device_name,
                etag=config.content.etag.strip('"'),
                updated_at=config.updated_at,
            )
            session.add(entity)
            session.flush()
            ids[_AFTERNOON][mac] = entity.id
        session.commit()
    return ids


def check(ground: Arena) -> None:
    """Check that all contestants give equal answers; otherwise the comparison would be wrong."""
    path, tag = ground.revalidations.read_text().splitlines()[0].split("\t")[1:3]
    first = _CONTENT % (0, 0)
    for name, server in ground.servers.items():
        answer = Client(server.url).get(path)
        assert (200, "application/json") == (answer.status, answer.headers["content-type"]), name
        assert answer.body == first.encode(), name
    assert Client(ground.servers[_OURS].url).get(path, If_None_Match=tag).status == 304


@frozen
class Figures:
    """The result of one trial: of one run, or the medians of several."""

    rate: float
    """Answers per second."""
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""
    cpu: float
    """Microseconds of processor time of the contestant's processes for each answer."""


def run(ground: Arena, trial: Trial, seconds: int) -> Figures:
    server = ground.servers[trial.contestant]
    before = server.cpu_seconds()
    load = wrk.run(server.url, trial.requests, connections=trial.connections, seconds=seconds)
    return Figures(load.rate, load.p50, load.p99, (server.cpu_seconds() - before) / load.count * 1e6)


def play(ground: Arena, trials: Mapping[str, Trial], *, seconds: int, rounds: int) -> dict[str, Figures]:
    """The medians of each trial. Runs alternate, so that other load affects all of them; the first round warms up."""
    samples: dict[str, list[Figures]] = {name: [] for name in trials}
    for trial in trials.values():
        run(ground, trial, min(seconds, 2))
    for _ in range(rounds):
        for name, trial in trials.items():
            samples[name].append(run(ground, trial, seconds))
    return {name: _medians(found) for name, found in samples.items()}


def _medians(found: list[Figures]) -> Figures:
    return Figures(*map(statistics.median, zip(*map(astuple, found), strict=True)))


def show(medians: Mapping[str, Figures], *against: str) -> None:
    """A line for each contestant, with the ratios of its rate to those of `against`."""
    heads = "".join(f"  x {name[:3]}" for name in against)
    print(f"  {'':16} {'per second':>10} {'p50':>10} {'p99':>10} {'processor':>10}{heads}")
    for name, found in medians.items():
        ratios = "".join(f" {found.rate / medians[other].rate:6.2f}" for other in against)
        print(
            f"  {name:16} {found.rate:10,.0f} {found.p50:7.2f} ms {found.p99:7.2f} ms {found.cpu:7.0f} us{ratios}"
        )


def megabytes(pid: int) -> float:
    """A process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--soak", type=int, default=60, help="seconds of load before memory is read; 0 for none"
    )
    given = parser.parse_args()
    if not wrk.is_installed():
        print("speed: left out, for wrk is missing (Debian's package 'wrk')")
        return
    print(f"speed: {_DEVICES} devices, {servers.workers()} workers, wrk on the same machine; {machine()}")
    with arena() as ground:
        check(ground)
        _measure(ground, seconds=given.seconds, rounds=given.rounds, soak=given.soak)
    print(f"  at the end: {machine()}")


def _measure(ground: Arena, *, seconds: int, rounds: int, soak: int) -> None:
    fetches = {name: Trial(name, ground.fetches) for name in ground.servers}
    fetches["iotconfig, 304"] = Trial(_OURS, ground.revalidations)
    found = play(ground, fetches, seconds=seconds, rounds=rounds)
    print("device fetch, 16 connections")
    show(found, _QUERY, _AFTERNOON)
    ours = found[_OURS]
    _target("of (b)", ours.rate / found[_QUERY].rate, "at least 0.80")
    _target("of (c)", ours.rate / found[_AFTERNOON].rate, "at least 5")
    _target("304 of 200", found["iotconfig, 304"].rate / ours.rate, "at least 1")
    _target("p99 of (b)'s p99", ours.p99 / found[_QUERY].p99, "at most 1.5")

    crowds = {name: Trial(name, ground.fetches, connections=256) for name in (_QUERY, _OURS)}
    found = play(ground, crowds, seconds=seconds, rounds=rounds)
    print("device fetch, 256 connections")
    show(found, _QUERY)
    _target("p99 of (b)'s p99", found[_OURS].p99 / found[_QUERY].p99, "at most 1.5")

    if soak:
        wrk.run(ground.servers[_OURS].url, ground.fetches, connections=16, seconds=soak)
        largest = max(map(megabytes, ground.worker_pids()))
        _target(f"MB of a worker after {soak} s", largest, "at most 100")

    updates = {name: Trial(name, requests) for name, requests in ground.updates.items()}
    found = play(ground, updates, seconds=seconds, rounds=rounds)
    print("update of a config, 16 connections")
    show(found, _AFTERNOON)
    _target("of (c)", found[_OURS].rate / found[_AFTERNOON].rate, "at least 2")


def _target(what: str, figure: float, bound: str) -> None:
    print(f"    {what:26} {figure:8.2f}   ({bound})")


if __name__ == "__main__":
    main()
