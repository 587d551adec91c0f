"""Lists, counts and writes of devices' states, with few and with many devices, on both databases."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final

from attrs import field, frozen

from benchmarks.harness import machine, postgresql, rounds
from iotconfig import MacAddress
from iotconfig.adapters.sql.device_states import SqlDeviceStates
from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.evidence import SqlEvidenceStore
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.devices.following import catch_up
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DeviceQuery
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.databases import open_database

_NUMBERS: Final = {
    "postgresql": "SELECT n FROM generate_series(0, {count} - 1) AS n",
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {count} - 1) SELECT n FROM s",
}
_MAC: Final = {
    "postgresql": "regexp_replace('02' || lpad(to_hex(n), 10, '0'), '(..)(?!$)', '\\1:', 'g')",
    "sqlite": "'02:' || substr(printf('%010x', n), 1, 2) || ':' || substr(printf('%010x', n), 3, 2) || ':'"
    " || substr(printf('%010x', n), 5, 2) || ':' || substr(printf('%010x', n), 7, 2) || ':' || substr(printf('%010x', n), 9, 2)",
}
_FILL: Final = (
    """INSERT INTO revision_counters (mac_address, last_revision, last_document_number)
    SELECT {mac}, 1, 1 FROM ({numbers}) AS s""",
    """INSERT INTO configs (mac_address, content, revision, etag, change, created_at, updated_at)
    SELECT {mac}, '{{}}', 1, '"a"', '0000000000000000', '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM ({numbers}) AS s""",
    """INSERT INTO documents (mac_address, number, etag, device_name, search_text, layers, rule, body)
    SELECT {mac}, 1, '"a"', 'Device ' || n, {mac} || 'device ' || n, '', 1, '{{}}' FROM ({numbers}) AS s""",
    "INSERT INTO config_labels (config_id, number, tags) SELECT id, 1, 'floor-3' FROM configs",
    "INSERT INTO config_tags (config_id, tag) SELECT id, 'floor-3' FROM configs",
    # One in ten holds another document.
    """INSERT INTO device_evidence (mac_address, kind, etag, number, received_at, source, proof)
    SELECT {mac}, 'holds', CASE WHEN n % 10 = 7 THEN '"b"' ELSE '"a"' END, 1, 1767225600000000, '192.0.2.7', 'none'
    FROM ({numbers}) AS s""",
)
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FLUSH: Final = 1000
"""Sightings of one write."""
_TIMES: Final = 5
"""Readings of one figure."""


@frozen
class Fleet:
    """A database with devices that have shown what they run."""

    size: int
    database: Database
    clock: Callable[[], float]
    """On SQLite, this process does all of the work: its processor time is not affected by other load."""
    times: Iterator[int] = field(factory=lambda: count(1))
    """Numbers of the writes: each brings newer sightings."""

    @property
    def evidence(self) -> SqlEvidenceStore:
        return SqlEvidenceStore(self.database)

    def fill(self) -> float:
        """Store the devices; return the seconds that their states take."""
        with self.database.session() as session, session.writing():
            connection = session.connection
            kind = connection.dialect.name
            numbers = _NUMBERS[kind].format(count=self.size)
            for statement in _FILL:
                written = statement.format(mac=_MAC[kind], numbers=numbers)
                connection.exec_driver_sql(written.replace("%", "%%") if kind == "postgresql" else written)
            connection.exec_driver_sql("ANALYZE")
        begun = perf_counter()
        catch_up(SqlDeviceStates(self.database), _START)
        seconds = perf_counter() - begun
        with self.database.session() as session, session.writing():
            session.connection.exec_driver_sql("ANALYZE")
        return seconds

    def page(self, **query: object) -> Callable[[], float]:
        """Milliseconds for the first page of a list."""
        asked = DeviceQuery(**query)  # type: ignore[arg-type] # named by the callers
        return lambda: _milliseconds(lambda: self.evidence.page(asked, _START), self.clock)

    def counts(self, **query: object) -> Callable[[], float]:
        """Milliseconds for the counts by state."""
        asked = DeviceQuery(**query)  # type: ignore[arg-type] # named by the callers
        return lambda: _milliseconds(lambda: self.evidence.counts(asked, _START), self.clock)

    def flush(self, etags: Sequence[str]) -> Callable[[], float]:
        """Processor time of this process for a write of 1,000 sightings, in milliseconds; each names the next of these ETags."""

        def write() -> float:
            time = next(self.times)
            step = max(1, self.size // _FLUSH)
            batch = [
                Evidence(
                    _mac(number),
                    Kind.HOLDS,
                    etags[time % len(etags)],
                    1,
                    _START + time * timedelta(minutes=2),
                )
                for number in range(0, step * min(_FLUSH, self.size), step)
            ]
            begun = process_time()
            self.evidence.write(batch)
            return (process_time() - begun) * 1000

        return write


def _mac(number: int) -> MacAddress:
    return MacAddress.parse(f"02{number:010x}")


def _milliseconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    begun = clock()
    for _ in range(_TIMES):
        work()
    return (clock() - begun) * 1000 / _TIMES


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    with closing(open_database(Settings.from_environ({"DATABASE_URL": url}))) as database:
        yield database


def _report(kind: str, small: Fleet, large: Fleet, times: int) -> None:
    small.fill()
    print(f"{kind}: states of {large.size:,} devices worked out in {large.fill():.1f} s")
    lists: dict[str, dict[str, object]] = {
        "all": {},
        "state=pending": {"state": State.PENDING},
        "state=pending, one tag": {"state": State.PENDING, "tags": ["floor-3"]},
    }
    for name, query in lists.items():
        found = rounds({"small": small.page(**query), "large": large.page(**query)}, times)
        ratio = found["large"] / found["small"]
        print(
            f"  page, {name:24} of {small.size:,} {found['small']:7.2f} ms, of {large.size:,} {found['large']:7.2f} ms: {ratio:4.2f}   (at most 1.5)"
        )
    counted: dict[str, dict[str, object]] = {
        "all": {},
        "one tag": {"tags": ["floor-3"]},
        "text": {"text": "device"},
    }
    for name, query in counted.items():
        found = rounds({"large": large.counts(**query)}, times)
        print(f"  counts, {name:22} of {large.size:,} {found['large']:7.2f} ms   (at most 100)")
    for name, etags in {"as before": ['"a"'], "another document each time": ['"b"', '"a"']}.items():
        found = rounds({"small": small.flush(etags), "large": large.flush(etags)}, times)
        print(
            f"  1,000 sightings, {name:26} of {small.size:,} {found['small']:6.1f} ms, of {large.size:,} {found['large']:6.1f} ms of processor time"
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the 1,000,000 devices to store")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    large = int(1_000_000 * given.scale)
    print(f"devices: {machine()}")
    with ExitStack() as stack:
        directory = stack.enter_context(TemporaryDirectory())
        paths = [Path(directory) / f"{name}.db" for name in ("small", "large")]
        files = [f"sqlite:///{path}" for path in paths]
        for url in files:
            Migrations(DatabaseUrl.parse(url)).upgrade()
        servers = stack.enter_context(postgresql("small", "large"))
        for kind, urls in (("SQLite", files), ("PostgreSQL", servers)):
            databases = [stack.enter_context(_opened(url)) for url in urls]
            clock = process_time if kind == "SQLite" else perf_counter
            small = Fleet(given.small, databases[0], clock)
            _report(kind, small, Fleet(large, databases[1], clock), given.rounds)


if __name__ == "__main__":
    main()
