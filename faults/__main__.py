"""`python -m faults [LOAD…] [--scale short|long] [--database postgresql|sqlite] [--seed N]`: run loads, and print the invariants."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.harness import machine

from faults.loads.registry import LOADS
from faults.system import Host
from faults.verdicts import Outcome

_SHOWN = 5
"""Violations that are printed for each invariant."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("loads", nargs="*", metavar="LOAD", help=f"one of {', '.join(LOADS)}; all without")
    parser.add_argument("--scale", choices=["short", "long"], default="short")
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # Loads on SQLite run with either choice; loads that break PostgreSQL only with PostgreSQL.
    possible = [
        name
        for name, load in LOADS.items()
        if given.database == "postgresql" or load.database != "postgresql"
    ]
    if impossible := set(given.loads) - set(possible):
        parser.error(f"no such load on {given.database}: {', '.join(sorted(impossible))}")
    print(f"{machine()}; {given.database}, scale {given.scale}, seed {given.seed}", flush=True)
    held = True
    # After SIGTERM, end the started processes, too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    directory = Path(mkdtemp(prefix="iotconfig-faults-"))
    with Host(directory, given.seed, given.database == "sqlite") as site:
        for name in given.loads or possible:
            began = time.monotonic()
            outcome = LOADS[name].run(site, given.scale)
            held &= _report(name, outcome, time.monotonic() - began)
    if held:
        shutil.rmtree(directory)
    else:
        print(f"\nThe records and logs are in {directory}")
    return 0 if held else 1


def _report(name: str, outcome: Outcome, seconds: float) -> bool:
    """Print the rows of one load; returns whether all of its invariants held."""
    print(f"\n{name}: {outcome.operations} operations, {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    for verdict in outcome.verdicts:
        print(f"  {'held  ' if verdict.held else 'BROKEN'}  {verdict.invariant}")
        for violation in verdict.violations[:_SHOWN]:
            print(f"          {violation}")
        if len(verdict.violations) > _SHOWN:
            print(f"          and {len(verdict.violations) - _SHOWN} more")
    for figure, value in outcome.figures.items():
        print(f"          {figure}: {value}")
    sys.stdout.flush()
    return all(verdict.held for verdict in outcome.verdicts)


if __name__ == "__main__":
    sys.exit(main())
