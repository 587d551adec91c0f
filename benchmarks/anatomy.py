"""Processor time of a worker for a fetch, by part of the program."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import speed, wrk
from benchmarks.contestants import servers
from benchmarks.harness import machine, postgresql


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    seconds = parser.parse_args().seconds
    if not wrk.is_installed():
        print("anatomy: left out, for wrk is missing (Debian's package 'wrk')")
        return
    with TemporaryDirectory() as name, postgresql("anatomy", "afternoon") as (url, other):
        directory = Path(name)
        documents = speed.documents()
        speed.fill(url, other, documents)
        fetches = wrk.write(directory / "fetches", map(speed.fetch, documents))
        with servers.on_our_server("sampled", url, SAMPLES=name) as server:
            wrk.run(server.url, fetches, connections=16, seconds=2)
            before = server.cpu_seconds()
            load = wrk.run(server.url, fetches, connections=16, seconds=seconds)
            total = (server.cpu_seconds() - before) / load.count * 1e6
        found: Counter[str] = Counter()
        for path in directory.glob("*.json"):
            found.update(json.loads(path.read_text()))
    print(f"anatomy of a device fetch, 16 connections: {machine()}")
    for place, count in found.most_common():
        print(f"  {place:44} {count / found.total() * total:6.0f} us")
    print(f"  {'together':44} {total:6.0f} us of processor time of a worker, {load.rate:,.0f} a second")


if __name__ == "__main__":
    main()
