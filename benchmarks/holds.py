"""How long one request blocks its worker's event loop: the worst input within the limits, for each route.

A worker serves all of its requests in one thread, and while one of them computes,
no device is answered. `benchmarks/holding.py` sends the inputs, in a process that
gevent has patched, as a worker's is; here they are put side by side.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import machine, postgresql
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations

_LIMIT = 100.0
"""The limit of processor time between two iterations of the loop, in milliseconds."""

Rows = dict[str, tuple[float, str, int]]
"""For each method and route: the longest time in milliseconds, its input, and the status of the answer."""


def held(url: str, scale: float, directory: str, only: str) -> Rows:
    """The measurements of a worker on this database."""
    command = ["-m", "gevent.monkey", "--module", "benchmarks.holding", url, str(scale), directory, only]
    answer = subprocess.run([sys.executable, *command], check=True, stdout=subprocess.PIPE, text=True)
    rows: Rows = json.loads(answer.stdout.splitlines()[-1])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the 100,000 configs to store")
    parser.add_argument("--only", default="", help="routes that contain this")
    given = parser.parse_args()
    with TemporaryDirectory() as directory, postgresql("holds") as (url,):
        sqlite = f"sqlite:///{Path(directory) / 'holds.db'}"
        Migrations(DatabaseUrl.parse(sqlite)).upgrade()
        found = [held(each, given.scale, directory, given.only) for each in (sqlite, url)]
    print(f"longest hold of the loop, ms of processor time; {machine()}\n")
    print("| request | SQLite | PostgreSQL | worst input |")
    print("| --- | --- | --- | --- |")
    for request in found[0]:
        times = [rows[request] for rows in found]
        worst = max(times)
        print(f"| `{request}` | {times[0][0]:.0f} | {times[1][0]:.0f} | {worst[1]}, {worst[2]} |")
    longest = max(figure for rows in found for figure, _, _ in rows.values())
    print(f"\nlongest of all: {longest:.0f} ms (at most {_LIMIT:.0f})")


if __name__ == "__main__":
    main()
