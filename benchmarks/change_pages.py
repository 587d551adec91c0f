"""Pages of a long change log, with each filter, on both databases."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from sqlalchemy import Connection

from benchmarks.harness import machine, postgresql
from iotconfig import ChangeQuery, Operation
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services

_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS: Final = "position, change, kind, subject, operation, revision, author, message, created_at"
_FILL: Final = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
    f"INSERT INTO changes ({_COLUMNS}) SELECT i, printf('%016x', i / 100), 'config', "
    "printf('02:00:00:00:%02x:%02x', i % 10000 / 256, i % 256), 'update', i, 'author' || i % 7, 'why', "
    "datetime({begin} + i, 'unixepoch') || '.000000' FROM n",
    "postgresql": f"INSERT INTO changes ({_COLUMNS}) SELECT i, lpad(to_hex(i / 100), 16, '0'), 'config', "
    "'02:00:00:00:' || lpad(to_hex(i %% 10000 / 256), 2, '0') || ':' || lpad(to_hex(i %% 256), 2, '0'), "
    "'update', i, 'author' || i %% 7, 'why', to_timestamp({begin} + i) FROM generate_series(1, {count}) AS i",
}
"""A change every second: of 10,000 devices in turn, by seven authors."""


def queries(count: int) -> Mapping[str, ChangeQuery]:
    """A page for each filter, by what it shows."""
    middle = _BEGIN + timedelta(seconds=count // 2)
    return {
        "the newest": ChangeQuery(),
        "the oldest": ChangeQuery(oldest_first=True),
        "from the middle": ChangeQuery(after=count // 2),
        "of five minutes in the middle": ChangeQuery(since=middle, until=middle + timedelta(minutes=5)),
        "of one device in 10,000": ChangeQuery(device="02:00:00:00:05:05"),
        "of one author in seven": ChangeQuery(author="author3"),
        "of an author of nothing": ChangeQuery(author="nobody"),
        "of a kind that there is not": ChangeQuery(operation=Operation.DELETE),
        "of a tag that no device has": ChangeQuery(tags=["a"]),
    }


def fill(connection: Connection, count: int) -> None:
    statement = _FILL[connection.dialect.name].format(count=count, begin=int(_BEGIN.timestamp()))
    connection.exec_driver_sql(statement)


def measured(url: str, count: int, rounds: int) -> Mapping[str, float]:
    """Milliseconds of each page, and of all pages of one device."""
    Migrations(DatabaseUrl.parse(url)).upgrade()
    found = {}
    with open_services(Settings.from_environ({"DATABASE_URL": url})) as services:
        # For long work; the time limits of others are for requests.
        with services.persistence.database.session() as session, session.writing():  # type: ignore[attr-defined] # it is in SQL
            fill(session.connection, count)
        for name, query in queries(count).items():
            samples = []
            for _ in range(rounds):
                began = perf_counter()
                services.changes.find(query)
                samples.append(1000 * (perf_counter() - began))
            found[name] = median(samples)
        began = perf_counter()
        list(services.changes.all(queries(count)["of one device in 10,000"]))
        found["all pages of that device"] = 1000 * (perf_counter() - began)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with TemporaryDirectory() as directory, postgresql("pages") as (url,):
        sqlite = f"sqlite:///{Path(directory) / 'pages.db'}"
        found = [measured(each, given.changes, given.rounds) for each in (sqlite, url)]
    print(f"pages of 100 changes out of {given.changes:,}, ms; {machine()}\n")
    print("| page | SQLite | PostgreSQL |\n| --- | --- | --- |")
    for name in found[0]:
        print(f"| {name} | {found[0][name]:.1f} | {found[1][name]:.1f} |")


if __name__ == "__main__":
    main()
