"""A device's fetch against that of another commit: processor time of the worker, in alternating pairs.

Without a commit, it is the one in `benchmarks/BASELINE`. Both run in the same environment.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from attrs import frozen
from tests.support.postgres import PostgresServer, create_database
from tests.support.serving import Serve, environment

from benchmarks import speed
from benchmarks.contestants.servers import Server
from benchmarks.harness import machine
from benchmarks.polling import poll, poller, until

_CONNECTIONS = 16
_ROOT = Path(__file__).parents[1]


def baseline() -> str:
    """The commit that `BASELINE` names."""
    lines = Path(__file__).with_name("BASELINE").read_text().splitlines()
    return next(line for line in lines if not line.startswith("#"))


@contextmanager
def checkout(commit: str, directory: Path) -> Iterator[Path]:
    """The files of a commit, in a new directory."""
    place = directory / commit
    subprocess.run(["git", "-C", _ROOT, "worktree", "add", "--quiet", "--detach", place, commit], check=True)
    try:
        yield place
    finally:
        subprocess.run(["git", "-C", _ROOT, "worktree", "remove", "--force", place], check=True)


@frozen
class Contestant:
    """The service of one checkout, with the documents on a database of its own."""

    server: Server
    requests: Sequence[bytes]

    def microseconds(self, seconds: float) -> float:
        """Processor time of its processes for each answer."""
        # Opened here: the service closes connections that are idle while the other one is measured.
        with poller(self.server.url, _CONNECTIONS) as client:
            before, end = self.server.cpu_seconds(), monotonic() + seconds
            count = client.send(until(end, cycle(self.requests)), status=b"200")
        return (self.server.cpu_seconds() - before) / count * 1e6


@contextmanager
def _contestant(
    name: str, files: Path, postgres: PostgresServer, directory: Path, sightings: float
) -> Iterator[Contestant]:
    url = create_database(postgres.base_url, name)
    path = str(files / "src")
    command = [sys.executable, "-m", "iotconfig"]
    subprocess.run(
        [*command, "upgrade-db"], env=environment(url, PYTHONPATH=path), stdout=subprocess.DEVNULL, check=True
    )
    log = directory / f"{name}.log"
    with Serve(
        url, log, command=command, IOTCONFIG_SIGHTINGS_INTERVAL=str(sightings), PYTHONPATH=path
    ) as serve:
        documents = speed.documents()
        for mac, text in documents.items():
            body = f'{{"content": {text}}}'.encode()
            headers = {"Content-Type": "application/json"}
            assert 201 == serve.client.request("PUT", f"/api/configs/by-mac/{mac}", body, headers).status
        yield Contestant(Server(serve.client.base_url, serve.process.pid), [poll(mac) for mac in documents])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "commit", nargs="?", default=baseline(), help="by default that of benchmarks/BASELINE"
    )
    parser.add_argument("--seconds", type=float, default=1.5, help="of each turn")
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--sightings", type=float, default=10, help="IOTCONFIG_SIGHTINGS_INTERVAL")
    given = parser.parse_args()
    print(f"against {given.commit}: one worker, {_CONNECTIONS} connections; {machine()}")
    postgres = PostgresServer()
    try:
        with (
            TemporaryDirectory() as name,
            checkout(given.commit, Path(name)) as files,
            _contestant("before", files, postgres, Path(name), given.sightings) as before,
            _contestant("here", _ROOT, postgres, Path(name), given.sightings) as ours,
        ):
            ratios = []
            # The first pair warms up.
            for number in range(given.pairs + 1):
                pair = [before, ours] if number % 2 else [ours, before]
                found = {id(each): each.microseconds(given.seconds) for each in pair}
                theirs, own = found[id(before)], found[id(ours)]
                if number:
                    ratios.append(theirs / own)
                    print(
                        f"  pair {number}: {theirs:5.0f} us there, {own:5.0f} us here, {ratios[-1]:.3f} times as fast"
                    )
    finally:
        postgres.close()
    low, middle, high = statistics.quantiles(ratios, method="inclusive")
    print(
        f"  median {middle:.3f} times as fast, half of the pairs {low:.3f} to {high:.3f}, all {min(ratios):.3f} to {max(ratios):.3f}; "
        f"at the end: {machine()}"
    )


if __name__ == "__main__":
    main()
