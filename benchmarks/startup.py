"""The time of `iotconfig --help` against `python -c "import click"`; medians, and their ratio (at most 3)."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

COMMANDS: dict[str, Sequence[str]] = {
    'python -c "import click"': (sys.executable, "-c", "import click"),
    'python -c "import iotconfig"': (sys.executable, "-c", "import iotconfig"),
    "iotconfig --help": (str(Path(sys.executable).with_name("iotconfig")), "--help"),
}


def seconds(command: Sequence[str]) -> float:
    """One run."""
    begun = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each command (default 15)")
    runs = parser.parse_args().runs
    for command in COMMANDS.values():
        seconds(command)  # Fills the file cache, and compiles.
    # Alternating, so that other load affects all of them.
    samples = [[seconds(command) for command in COMMANDS.values()] for _ in range(runs)]
    medians = dict(zip(COMMANDS, map(statistics.median, zip(*samples, strict=True)), strict=True))
    for name, median in medians.items():
        print(f"{name:30} {median * 1000:7.1f} ms")
    click, _, command_help = medians.values()
    print(f"{'ratio of --help to click':30} {command_help / click:7.2f}")


if __name__ == "__main__":
    main()
