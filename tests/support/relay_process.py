"""`iotconfig relay`, as a process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .serving import COMMAND, environment
from .waiting import wait_until


@contextmanager
def relay_process(log: Path, database_url: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A relay that has logged its start; it ends with the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [COMMAND, "relay"],
            env=environment(database_url, **env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: "Relaying from" in log.read_text(), "the relay says that it relays")
        yield process
    finally:
        process.kill()
        process.wait()
