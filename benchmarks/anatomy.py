"""Processor time of a worker for a fetch, by part of the program."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from benchmarks import speed
from benchmarks.contestants import servers
from benchmarks.harness import machine, postgresql
from benchmarks.polling import poll, poller, until


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    seconds = parser.parse_args().seconds
    with TemporaryDirectory() as name, postgresql("anatomy", "afternoon") as (url, other):
        directory = Path(name)
        documents = speed.documents()
        speed.fill(url, other, documents)
        fetches = [poll(mac) for mac in documents]
        with servers.on_our_server("sampled", url, SAMPLES=name) as server, poller(server.url, 16) as client:
            client.send(fetches)
            before, begun = server.cpu_seconds(), monotonic()
            count = client.send(until(begun + seconds, cycle(fetches)))
            rate = count / (monotonic() - begun)
            total = (server.cpu_seconds() - before) / count * 1e6
        found: Counter[str] = Counter()
        for path in directory.glob("*.json"):
            found.update(json.loads(path.read_text()))
    print(f"anatomy of a device fetch, 16 connections: {machine()}")
    for place, count in found.most_common():
        print(f"  {place:44} {count / found.total() * total:6.0f} us")
    print(f"  {'together':44} {total:6.0f} us of processor time of a worker, {rate:,.0f} a second")


if __name__ == "__main__":
    main()
