"""A writer beside a bulk write on SQLite, which has one write lock for all configs."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import entries

_COUNT = 10_000


def _now() -> datetime:
    return datetime.now(UTC)


def test_a_writer_waits_for_an_import_and_is_stored_after_it(sqlite_url: str) -> None:
    """It begins while the import holds the lock, as from another process, and its change is stored once the import is."""
    path = DatabaseUrl.parse(sqlite_url).path
    importing, beside = (SqlStore(SqliteDatabase(path, Timeouts(lock=120.0))) for _ in range(2))
    writes: list[Future[int | None]] = []

    def write() -> int | None:
        service = ConfigService(beside, _now)
        service.put(mac(_COUNT), content(own=1))
        return service.find(ConfigQuery(limit=1)).count

    with ThreadPoolExecutor(1) as threads:

        def now_under_the_lock() -> datetime:
            writes.append(threads.submit(write))
            return _now()

        tally = BulkService(importing, now_under_the_lock).load(entries(range(_COUNT)), ImportOptions())
        (found,) = [written.result() for written in writes]

    assert (_COUNT, True) == (tally.new, tally.stored)
    assert _COUNT + 1 == found
    for store in (importing, beside):
        store.close()
