"""The time of `iotconfig --help` against `python -c "import click"`, and of `config list` against `--version`, on a
SQLite file and on a service over HTTP; medians, and their ratios (at most 3, and over HTTP at most 2).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.support.serving import environment
from tests.support.socket_service import api_on_socket

IOTCONFIG: Final = str(Path(sys.executable).with_name("iotconfig"))
CLICK, HELP, VERSION = 'python -c "import click"', "iotconfig --help", "iotconfig --version"
LOCAL, REMOTE = "iotconfig config list, SQLite", "iotconfig config list, HTTP"


def commands(database_url: str, service_url: str) -> Mapping[str, tuple[Sequence[str], Mapping[str, str]]]:
    """The commands by what they are, each with its environment."""
    database, service = environment(database_url), environment("", IOTCONFIG_URL=service_url)
    return {
        CLICK: ((sys.executable, "-c", "import click"), database),
        'python -c "import iotconfig"': ((sys.executable, "-c", "import iotconfig"), database),
        HELP: ((IOTCONFIG, "--help"), database),
        VERSION: ((IOTCONFIG, "--version"), database),
        LOCAL: ((IOTCONFIG, "config", "list"), database),
        REMOTE: ((IOTCONFIG, "config", "list"), service),
    }


def seconds(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """One run."""
    begun = perf_counter()
    subprocess.run(command, env=dict(environ), stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each command (default 15)")
    runs = parser.parse_args().runs
    with TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/configs.db"
        subprocess.run(
            [IOTCONFIG, "load-test-data"], env=environment(url), stdout=subprocess.DEVNULL, check=True
        )
        with api_on_socket(url) as service:
            measured = commands(url, service)
            for command in measured.values():
                seconds(*command)  # Fills the file cache, and compiles.
            # Alternating, so that other load affects all of them.
            samples = [[seconds(*command) for command in measured.values()] for _ in range(runs)]
    medians = dict(zip(measured, map(statistics.median, zip(*samples, strict=True)), strict=True))
    for name, median in medians.items():
        print(f"{name:40} {median * 1000:7.1f} ms")
    for name, base in ((HELP, CLICK), (LOCAL, VERSION), (REMOTE, VERSION)):
        print(f"{f'{name} / {base}':60} {medians[name] / medians[base]:7.2f}")


if __name__ == "__main__":
    main()
