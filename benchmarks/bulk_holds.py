"""How long a bulk write keeps other writers waiting: the time that it holds its lock, by kind of write.

On SQLite other writers of any config wait for that long, on PostgreSQL those of the same configs.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from attrs import define, field
from sqlalchemy import Engine, event

from benchmarks.fleet import records
from benchmarks.harness import machine, postgresql
from iotconfig.adapters.sql.bulk_write import SqlBulkWrite
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.bulk import BulkEntry, OnConflict
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.databases import open_database


@define
class Watch:
    """The last hold, and the time of each statement in it."""

    seconds: float = 0.0
    processor: float = 0.0
    statements: dict[str, float] = field(factory=lambda: defaultdict[str, float](float))
    _begun: float = 0.0

    def install(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)
        watch = self
        lock = SqlBulkWrite.lock

        @contextmanager
        def locking(self: SqlBulkWrite) -> Iterator[None]:
            with watch.holding(), lock(self):
                yield

        SqlBulkWrite.lock = locking  # type: ignore[method-assign] # it is watched
        # Labels are written in a unit of work.
        for kind in (SqliteDatabase, PostgresqlDatabase):
            self._watch_writing(kind)

    def _watch_writing(self, kind: Any) -> None:
        writing, watch = kind.writing, self

        @contextmanager
        def watched(self: Any) -> Iterator[Any]:
            with watch.holding(), writing(self) as connection:
                yield connection

        kind.writing = watched

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Measure a hold."""
        self.statements.clear()
        begun, used = perf_counter(), process_time()
        yield
        self.seconds, self.processor = perf_counter() - begun, process_time() - used

    def _before(self, *_: Any) -> None:
        self._begun = process_time()

    def _after(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements[" ".join(statement.split())[:70]] += process_time() - self._begun


def run(url: str, count: int, watch: Watch) -> None:
    Migrations(DatabaseUrl.parse(url)).upgrade()
    store = SqlStore(open_database(Settings.from_environ({"DATABASE_URL": url})))
    bulk = BulkService(store, lambda: datetime.now(UTC))
    entries = [BulkEntry(mac, mac, text) for mac, text in records(count)]
    half = entries[: count // 2]
    everything = Selection(everything=True)

    def undo(change: str | None) -> str | None:
        assert change is not None
        return bulk.undo(change, BulkOptions()).change

    def show(name: str) -> None:
        print(f"| {name} | {watch.seconds * 1000:.0f} | {watch.processor * 1000:.0f} |")
        for statement, seconds in sorted(watch.statements.items(), key=lambda item: -item[1])[:6]:
            print(f"      {seconds * 1000:6.0f} {statement}")

    bulk.load(entries, ImportOptions())
    show("import of new configs")
    patched = bulk.patch(everything, MergePatch.parse('{"z":1}'), BulkOptions()).tally.change
    show("patch")
    undo(patched)
    show("undo of the patch")
    pruned = bulk.load(half, ImportOptions(OnConflict.REPLACE, prune=True)).change
    show("import that prunes half")
    undo(pruned)
    show("undo of that")
    tags = TagService(store, bulk.clock)
    tagged = tags.tag(everything, LabelEdit(add=["floor-3", "lamp"])).change
    show("two tags for all")
    undo(tagged)
    show("undo of that")
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    watch = Watch()
    watch.install()
    print(f"{given.records:,} configs, ms and ms of processor time of the client; {machine()}")
    with TemporaryDirectory() as directory:
        run(f"sqlite:///{Path(directory) / 'holds.db'}", given.records, watch)
    if given.only != "sqlite":
        with postgresql("bulk_holds") as (url,):
            print("PostgreSQL")
            run(url, given.records, watch)


if __name__ == "__main__":
    main()
