"""Leases and wake-ups of a database, and a process that takes the relay's lease, says `held` or `not held`, and keeps it until its input ends.

`python -m tests.support.lease_holder DATABASE_URL`
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from iotconfig.domain.jobs.ports import Lease, Wakeup
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring import databases


def lease_and_wakeup(database_url: str, name: str = "relay") -> tuple[Lease, Wakeup]:
    """The lease and the wake-up of a job on this database, as the leader has them."""
    return databases.lease_and_wakeup(Settings.from_environ({"DATABASE_URL": database_url}), name)


@contextmanager
def lease_holder(database_url: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that tries to hold the lease, and its output; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.lease_holder", database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def main() -> None:
    """Hold the lease."""
    lease, _ = lease_and_wakeup(sys.argv[1])
    sys.stdout.write("held\n" if lease.hold() else "not held\n")
    sys.stdout.flush()
    sys.stdin.read()
    lease.release()


if __name__ == "__main__":
    main()
