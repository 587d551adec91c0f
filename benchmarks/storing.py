"""Writes of this tree against those of another one: single updates, a patch and an import of many configs.

`git worktree add --detach DIRECTORY COMMIT` makes the other tree; it needs no environment of its own.
Runs alternate, and each pair is compared by itself, so that other load affects both sides of a ratio.
Processor time of the client and of the server is compared; on SQLite the client does all of the work. Of single
updates, the server's is that of the processes of the client's connections.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.support.postgres import PostgresServer, create_database

from benchmarks.contestants.servers import cpu_seconds
from benchmarks.harness import machine
from benchmarks.trees import Times, Tree, quiet, server_seconds, show

_HERE: Final = Path(__file__).parents[1]
_NAMES: Final = ("before", "after")
_DEVICES: Final = 1000
"""Devices that take turns in single updates."""

_WORK: Final = """
import json, sys
from time import perf_counter, process_time
import iotconfig
from benchmarks.fleet import records
from iotconfig import BulkEntry, BulkOptions, BulkService, ConfigQuery, MergePatch, open_service

url, work, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_service(url) as service:
    # A service of an earlier commit is one of configs only, selects the configs of a patch by a query, and has one kind of options.
    bulk = getattr(service, "bulk", None) or BulkService(service.store, service.clock)
    everything = iotconfig.Selection(everything=True) if hasattr(iotconfig, "Selection") else ConfigQuery()
    importing = getattr(iotconfig, "ImportOptions", BulkOptions)()
    begun, used = perf_counter(), process_time()
    if work == "import":
        tally = bulk.load((BulkEntry(mac, mac, content) for mac, content in records(count)), importing)
    else:
        tally = bulk.patch(everything, MergePatch.parse('{"patched": true}'), BulkOptions()).tally
    assert tally.stored and count == tally.new + tally.changed, tally
    print(json.dumps({"client": process_time() - used, "clock": perf_counter() - begun}))
"""


_UPDATES: Final = """
import json, sys
from itertools import cycle, islice
from time import process_time
from benchmarks.fleet import records
from iotconfig import ConfigContent, ConfigQuery, open_service

with open_service(sys.argv[1]) as service:
    configs = getattr(service, "configs", service)
    ids = cycle([summary.id for summary in configs.find(ConfigQuery()).configs])
    # Each config gets the content of the next record: none is updated with what it has.
    contents = (ConfigContent.parse(text) for _, text in islice(records(10**9), 1, None))
    for line in sys.stdin:
        turns = list(zip(islice(ids, int(line)), contents))
        used = process_time()
        for config_id, content in turns:
            configs.update(config_id, content)
        print(json.dumps(process_time() - used), flush=True)
"""


class _Updater:
    """A process of one tree that updates configs one by one when it is told to."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        tree.empty()
        tree.run(_WORK, "import", str(_DEVICES))
        tree.settle()
        self._worker = tree.start(_UPDATES)
        # It opens connections, prepares statements and fills caches.
        self._worker.work(str(_DEVICES))
        self._connections = tree.backends()

    def update(self, count: int) -> Times:
        """Seconds of processor time of the process, and of its connections' processes in the server."""
        before = sum(map(cpu_seconds, self._connections))
        client = self._worker.work(str(count))
        if self._tree.is_on_sqlite:
            return {"client": client}
        used = sum(map(cpu_seconds, self._connections)) - before
        return {"client": client, "server": used, "both": client + used}

    def close(self) -> None:
        self._worker.close()


def compare_updates(trees: tuple[Tree, Tree], count: int, pairs: int) -> None:
    """Let both trees update in short turns, which follow each other, so that other load affects both sides of a ratio."""
    before, after = map(_Updater, trees)
    try:
        measured = []
        for number in range(pairs):
            order = (before, after) if number % 2 else (after, before)
            found = {each: each.update(count) for each in order}
            measured.append((found[before], found[after]))
    finally:
        before.close()
        after.close()
    print(f"  {pairs} turns of {count:,} updates on {_name(trees[0])}; {machine()}")
    show(measured)


def measure(server: PostgresServer, tree: Tree, work: str, count: int) -> Times:
    """The seconds of one run: of processor time of the client, of the server and of both, and of the clock."""
    tree.empty()
    if work != "import":
        tree.run(_WORK, "import", str(count))
    tree.settle()
    if tree.is_on_sqlite:
        return dict(json.loads(tree.run(_WORK, work, str(count))))
    begun = server_seconds(server)
    printed = json.loads(tree.run(_WORK, work, str(count)))
    used = server_seconds(server) - begun
    return {
        "client": printed["client"],
        "server": used,
        "both": printed["client"] + used,
        "clock": printed["clock"],
    }


def compare(server: PostgresServer, trees: tuple[Tree, Tree], work: str, count: int, pairs: int) -> None:
    """Run alternating pairs of the tree before and the tree after, and print their ratios."""
    measured = []
    for number in range(pairs):
        order = trees if number % 2 else trees[::-1]
        found = {tree: measure(server, tree, work, count) for tree in order}
        measured.append((found[trees[0]], found[trees[1]]))
    print(f"  {work} of {count:,} on {_name(trees[0])}; {machine()}")
    show(measured)


def _name(tree: Tree) -> str:
    return "SQLite" if tree.is_on_sqlite else "PostgreSQL"


def _trees(directories: tuple[Path, Path], urls: list[str]) -> tuple[Tree, Tree]:
    return Tree(directories[0], urls[0]), Tree(directories[1], urls[1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, required=True, help="directory of the other tree")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--turns", type=int, default=21, help="pairs of turns of single updates")
    parser.add_argument(
        "--updated", type=int, default=1_000, help="single updates in a turn; 0 to leave them out"
    )
    parser.add_argument("--patched", type=int, default=10_000, help="0 to leave it out")
    parser.add_argument("--imported", type=int, default=100_000, help="0 to leave it out")
    given = parser.parse_args()
    server = PostgresServer()
    try:
        quiet(server)
        with TemporaryDirectory() as directory:
            places = (given.before.resolve(), _HERE)
            on_sqlite = _trees(places, [f"sqlite:///{directory}/{name}.db" for name in _NAMES])
            on_postgresql = _trees(places, [create_database(server.base_url, name) for name in _NAMES])
            for tree in (*on_sqlite, *on_postgresql):
                tree.migrate()
            print(f"writes against {given.before}: {given.pairs} pairs")
            if given.updated:
                compare_updates(on_postgresql, given.updated, given.turns)
                compare_updates(on_sqlite, given.updated, given.turns)
            for trees, work, count in (
                (on_postgresql, "patch", given.patched),
                (on_postgresql, "import", given.imported),
            ):
                if count:
                    compare(server, trees, work, count, given.pairs)
    finally:
        server.close()


if __name__ == "__main__":
    main()
