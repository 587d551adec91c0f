"""Import and patch of many configs in this tree against another one: processor time of client and server.

`git worktree add --detach DIRECTORY COMMIT` makes the other tree; it needs no environment of its own.
Runs alternate, and each pair is compared by itself, so that other load affects both sides of a ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import psycopg
from attrs import frozen
from psycopg import sql
from tests.support.postgres import PostgresServer, create_database
from tests.support.waiting import wait_until

from benchmarks.harness import machine
from iotconfig.adapters.sql.tables import VERSION_TABLE

_HERE: Final = Path(__file__).parents[1]
_TICKS: Final = os.sysconf("SC_CLK_TCK")

_BACKGROUND: Final = "SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend'"

_MIGRATION: Final = """
import sys
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
Migrations(DatabaseUrl.parse(sys.argv[1])).upgrade()
"""

_WORK: Final = """
import json, sys
from time import perf_counter, process_time
from benchmarks.fleet import records
from iotconfig import BulkEntry, BulkOptions, ImportOptions, BulkService, MacAddress, MergePatch, Selection, open_service

url, work, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_service(url) as service:
    # A service of an earlier commit is one of configs only.
    bulk = getattr(service, "bulk", None) or BulkService(service.store, service.clock)
    begun, used = perf_counter(), process_time()
    if work == "import":
        entries = (BulkEntry(mac, mac, content) for mac, content in records(count))
        tally = bulk.load(entries, ImportOptions())
    else:
        tally = bulk.patch(Selection(everything=True), MergePatch.parse('{"patched": true}'), BulkOptions()).tally
    assert tally.stored and count == tally.new + tally.changed, tally
    print(json.dumps({"client": process_time() - used, "seconds": perf_counter() - begun}))
"""


@frozen
class Tree:
    """A tree of the program, and its database."""

    directory: Path
    url: str

    def run(self, program: str, *arguments: str) -> str:
        """Run a Python program with the modules of this tree; returns what it printed."""
        environ = {**os.environ, "PYTHONPATH": f"{self.directory / 'src'}:{self.directory}"}
        return subprocess.run(
            [sys.executable, "-c", program, self.url, *arguments],
            cwd=self.directory,
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def empty(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s",
                [VERSION_TABLE],
            ).fetchall()
            tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))


def server_seconds(server: PostgresServer) -> float:
    """The processor time of the server's processes until now, those that ended included.

    Waits until no connection is open: a process counts for its parent once it has ended.
    """
    with psycopg.connect(server.base_url) as connection:
        background = {pid for (pid,) in connection.execute(_BACKGROUND)}
    wait_until(lambda: set(server.pids()[1:]) <= background, "all connections have ended")
    main, *children = server.pids()
    ticks = sum(_ticks(main)) + sum(sum(_ticks(child)[:2]) for child in children)
    return ticks / _TICKS


def _ticks(pid: int) -> list[int]:
    """User and system time of a process, and those of its children that ended."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(ticks) for ticks in after_name[11:15]]


def measure(server: PostgresServer, tree: Tree, work: str, count: int) -> dict[str, float]:
    """The seconds of one run: of processor time of the client, of the server and of both, and of the clock."""
    tree.empty()
    if work == "patch":
        tree.run(_WORK, "import", str(count))
    with psycopg.connect(tree.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    begun = server_seconds(server)
    printed = json.loads(tree.run(_WORK, work, str(count)))
    used = server_seconds(server) - begun
    return {
        "client": printed["client"],
        "server": used,
        "both": printed["client"] + used,
        "clock": printed["seconds"],
    }


def compare(server: PostgresServer, before: Tree, after: Tree, work: str, count: int, pairs: int) -> None:
    """Run alternating pairs, and print the medians, and the ratios of speed of the pairs."""
    measured = []
    for number in range(pairs):
        order = (before, after) if number % 2 else (after, before)
        found = {tree: measure(server, tree, work, count) for tree in order}
        measured.append((found[before], found[after]))
    print(f"  {work} of {count:,}")
    for part in measured[0][0]:
        ratios = sorted(old[part] / new[part] for old, new in measured)
        low, _, high = quantiles(ratios, method="inclusive") if pairs > 1 else ratios * 3
        print(
            f"    {part:7} before {median(old[part] for old, _ in measured):6.2f} s"
            f"   after {median(new[part] for _, new in measured):6.2f} s"
            f"   speed {median(ratios):5.3f} x   half of the pairs {low:5.3f} to {high:5.3f}"
            f"   all {ratios[0]:5.3f} to {ratios[-1]:5.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, required=True, help="directory of the other tree")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--imported", type=int, default=100_000, help="0 to leave it out")
    parser.add_argument("--patched", type=int, default=10_000, help="0 to leave it out")
    given = parser.parse_args()
    server = PostgresServer()
    try:
        with psycopg.connect(server.base_url, autocommit=True) as connection:
            # It would run beside some measurements and not beside others.
            connection.execute("ALTER SYSTEM SET autovacuum = off")
            connection.execute("SELECT pg_reload_conf()")
        before = Tree(given.before.resolve(), create_database(server.base_url, "before"))
        after = Tree(_HERE, create_database(server.base_url, "after"))
        for tree in (before, after):
            tree.run(_MIGRATION)
        print(f"bulk work, against {given.before}: {given.pairs} pairs; {machine()}")
        for work, count in (("patch", given.patched), ("import", given.imported)):
            if count:
                compare(server, before, after, work, count, given.pairs)
    finally:
        server.close()


if __name__ == "__main__":
    main()
