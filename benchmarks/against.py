"""A device's fetch against that of another checkout: processor time of the worker, in alternating pairs.

For example against a commit: `git worktree add ../before COMMIT`, then `python -m benchmarks.against ../before`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen
from tests.support.postgres import PostgresServer, create_database
from tests.support.serving import Serve, environment

from benchmarks import speed, wrk
from benchmarks.contestants.servers import Server
from benchmarks.harness import machine

_CONNECTIONS = 16


@frozen
class Contestant:
    """The service of one checkout, with the documents on a database of its own."""

    server: Server
    requests: Path

    def microseconds(self, seconds: int) -> float:
        """Processor time of its processes for each answer."""
        before = self.server.cpu_seconds()
        load = wrk.run(self.server.url, self.requests, connections=_CONNECTIONS, seconds=seconds)
        return (self.server.cpu_seconds() - before) / load.count * 1e6


@contextmanager
def _contestant(name: str, checkout: Path, postgres: PostgresServer, directory: Path) -> Iterator[Contestant]:
    url = create_database(postgres.base_url, name)
    path = str(checkout / "src")
    command = [sys.executable, "-m", "iotconfig"]
    subprocess.run(
        [*command, "upgrade-db"], env=environment(url, PYTHONPATH=path), stdout=subprocess.DEVNULL, check=True
    )
    with Serve(url, directory / f"{name}.log", command=command, PYTHONPATH=path) as serve:
        documents = speed.documents()
        for mac, text in documents.items():
            body = f'{{"content": {text}}}'.encode()
            headers = {"Content-Type": "application/json"}
            assert 201 == serve.client.request("PUT", f"/api/configs/by-mac/{mac}", body, headers).status
        requests = wrk.write(directory / name, map(speed.fetch, documents))
        yield Contestant(Server(serve.client.base_url, serve.process.pid), requests)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="directory of the other checkout")
    parser.add_argument("--seconds", type=int, default=4, help="of each run")
    parser.add_argument("--pairs", type=int, default=9)
    given = parser.parse_args()
    if not wrk.is_installed():
        print("against: left out, for wrk is missing (Debian's package 'wrk')")
        return
    here = Path(__file__).parents[1]
    print(f"against {given.checkout}: one worker, {_CONNECTIONS} connections; {machine()}")
    postgres = PostgresServer()
    try:
        with (
            TemporaryDirectory() as name,
            _contestant("before", given.checkout.resolve(), postgres, Path(name)) as before,
            _contestant("here", here, postgres, Path(name)) as ours,
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
    print(
        f"  median {statistics.median(ratios):.3f} times as fast, from {min(ratios):.3f} to {max(ratios):.3f}; "
        f"at the end: {machine()}"
    )


if __name__ == "__main__":
    main()
