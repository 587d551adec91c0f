"""A process that takes the relay's lease, says `held` or `not held`, and keeps it until its input ends.

`python -m tests.support.lease_holder DATABASE_URL`
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.postgresql_lease import PostgresqlLease
from iotconfig.adapters.sql.sqlite_lease import SqliteLease
from iotconfig.domain.announcing.ports import Lease


def lease_on(database_url: str) -> Lease:
    """A relay's lease on this database."""
    url = DatabaseUrl.parse(database_url)
    return SqliteLease(url.path) if url.is_sqlite else PostgresqlLease(url.url, Timeouts())


@contextmanager
def lease_holder(database_url: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that took the lease, and what it said of it; it is gone at the end of the block."""
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
    lease = lease_on(sys.argv[1])
    sys.stdout.write("held\n" if lease.hold() else "not held\n")
    sys.stdout.flush()
    sys.stdin.read()
    lease.release()


if __name__ == "__main__":
    main()
