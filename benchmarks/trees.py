"""Trees of the program to compare, each with a database of its own; and the processor time of a database server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import psycopg
from attrs import frozen
from psycopg import sql
from sqlalchemy import make_url
from tests.support.postgres import PostgresServer
from tests.support.waiting import wait_until

from iotconfig.adapters.sql.tables import VERSION_TABLE

_TICKS: Final = os.sysconf("SC_CLK_TCK")

_BACKGROUND: Final = "SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend'"

_OF_DATABASE: Final = (
    "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() ORDER BY pid"
)

_MIGRATION: Final = """
import sys
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
Migrations(DatabaseUrl.parse(sys.argv[1])).upgrade()
"""

Times = dict[str, float]
"""The seconds of one run, by what took them."""


@frozen
class Worker:
    """A process that works when it is told to, and answers with the seconds that it used."""

    _process: subprocess.Popen[str]

    def work(self, line: str) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate(timeout=60)


@frozen
class Tree:
    """A tree of the program, and its database."""

    directory: Path
    url: str

    @property
    def is_on_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def run(self, program: str, *arguments: str) -> str:
        """Run a Python program with the modules of this tree; returns what it printed."""
        return subprocess.run(
            [sys.executable, "-c", program, self.url, *arguments],
            cwd=self.directory,
            env=self._environ(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def start(self, program: str) -> Worker:
        """Start a Python program with the modules of this tree, which answers each line of its input with a number."""
        return Worker(
            subprocess.Popen(
                [sys.executable, "-c", program, self.url],
                cwd=self.directory,
                env=self._environ(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    def _environ(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": f"{self.directory / 'src'}:{self.directory}"}

    def backends(self) -> list[int]:
        """The process of each connection to its database in the server; none on SQLite."""
        if self.is_on_sqlite:
            return []
        name = make_url(self.url).database
        with psycopg.connect(self.url, autocommit=True) as connection:
            rows = connection.execute(_OF_DATABASE, [name]).fetchall()
        return [pid for (pid,) in rows]

    def migrate(self) -> None:
        self.run(_MIGRATION)

    def empty(self) -> None:
        if self.is_on_sqlite:
            path = Path(str(make_url(self.url).database))
            for file in path.parent.glob(f"{path.name}*"):
                file.unlink()
            self.migrate()
            return
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s",
                [VERSION_TABLE],
            ).fetchall()
            tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))

    def settle(self) -> None:
        """Do now what PostgreSQL would do at some time after writes."""
        if not self.is_on_sqlite:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")


def quiet(server: PostgresServer) -> None:
    """Turn off the automatic vacuum, which would run beside some measurements and not beside others."""
    with psycopg.connect(server.base_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")


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


def show(pairs: Sequence[tuple[Times, Times]]) -> None:
    """Print medians before and after, and the ratios of speed of the pairs."""
    for part in pairs[0][0]:
        ratios = sorted(old[part] / new[part] for old, new in pairs)
        low, _, high = quantiles(ratios, method="inclusive") if len(pairs) > 1 else ratios * 3
        print(
            f"    {part:7} before {median(old[part] for old, _ in pairs):6.2f} s"
            f"   after {median(new[part] for _, new in pairs):6.2f} s"
            f"   speed {median(ratios):5.3f} x   half of the pairs {low:5.3f} to {high:5.3f}"
            f"   all {ratios[0]:5.3f} to {ratios[-1]:5.3f}",
            flush=True,
        )
