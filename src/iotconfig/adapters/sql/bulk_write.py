"""`BulkWrite` in SQL: a temporary table collects entries until they are stored together.

A temporary table belongs to its connection: no other connection sees it, filling it needs no
lock, and it takes no memory of this process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import define
from sqlalchemy import Column, Connection, Row, Select, delete, exists, func, select
from sqlalchemy.schema import CreateIndex, CreateTable

from iotconfig.domain.clock import Clock
from iotconfig.domain.configs.bulk import BulkEntry, BulkResult, Duplicate, OnConflict, Outcome
from iotconfig.domain.configs.change_log import new_change_id
from iotconfig.domain.configs.ports import Rebase
from iotconfig.domain.configs.query import search_text
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.mac import MacAddress

from . import bulk
from .announcing import enqueue_selected
from .bulk import duplicates, planned, staged
from .changes import write_values
from .configs import SqlConfigReader
from .engine.database import Session
from .engine.failures import AWAY
from .tables import configs

_PAGE: Final = 1000
_RENEWED: Final = 100
_ATTEMPTS: Final = 10


@define
class SqlBulkWrite:
    """`BulkWrite` on a connection of its own."""

    _session: Session
    _added: int = 0

    def __attrs_post_init__(self) -> None:
        for table in (staged, planned):
            self._connection.execute(CreateTable(table))

    def add(self, entries: Sequence[BulkEntry]) -> None:
        rows = [_row(number, entry) for number, entry in enumerate(entries, self._added)]
        self._added += len(rows)
        self._session.fill(staged, rows)

    def take_duplicates(self) -> Iterator[Duplicate]:
        shared = select(staged.c.mac_address).group_by(staged.c.mac_address).having(func.count() > 1)
        if not self._connection.execute(select(shared.exists())).scalar_one():
            return
        self._connection.execute(CreateTable(duplicates))
        self._connection.execute(bulk.FIND_DUPLICATES)
        for row in self._pages(select(duplicates), duplicates.c.seq):
            yield Duplicate(row.place, MacAddress(row.mac_address), row.other_place)
        self._session.analyze(duplicates)
        self._connection.execute(bulk.DISCARD_DUPLICATES)

    def compare(self, on_conflict: OnConflict) -> None:
        self._connection.execute(delete(planned))
        self._connection.execute(bulk.plan(on_conflict))

    def store(
        self,
        on_conflict: OnConflict,
        *,
        all_or_nothing: bool,
        note: ChangeNote,
        clock: Clock,
        renew: Rebase | None = None,
    ) -> bool:
        for _ in range(_ATTEMPTS):
            self._session.analyze(staged)
            with self._session.writing() as transaction:
                self._connection.execute(bulk.LOCK[self._connection.dialect.name])
                self.compare(on_conflict)
                if renew is not None and self._renew(renew):
                    self.compare(on_conflict)
                if not (all_or_nothing and self._is_hindered()):
                    self._store_planned(note, clock())
                    return True
                transaction.rollback()
            # The rollback removed the plan, from which the results are read.
            self.compare(on_conflict)
            if self._is_hindered():
                return False
        raise StoreUnavailable(AWAY, "the entries are changed by others again and again")

    def _renew(self, renew: Rebase) -> bool:
        """Replace stale entries by new ones, a page at a time. Returns whether there were any."""
        stale = [result.mac_address for result in self.results({Outcome.STALE})]
        for start in range(0, len(stale), _RENEWED):
            page = stale[start : start + _RENEWED]
            self._connection.execute(bulk.DISCARD, [{"key": str(mac_address)} for mac_address in page])
            self.add(renew(SqlConfigReader(self._connection).load(page)))
        return bool(stale)

    def tally(self) -> Mapping[Outcome, int]:
        counts = select(planned.c.outcome, func.count()).group_by(planned.c.outcome)
        return {Outcome(outcome): count for outcome, count in self._connection.execute(counts)}

    def results(self, outcomes: Collection[Outcome]) -> Iterator[BulkResult]:
        if not set(outcomes) & set(self.tally()):
            return
        self._connection.execute(CreateIndex(bulk.BY_SEQ, if_not_exists=True))
        entries = (
            select(
                planned.c.seq,
                staged.c.place,
                planned.c.mac_address,
                planned.c.outcome,
                planned.c.revision,
                configs.c.id,
            )
            .select_from(
                bulk.PLANNED_ENTRIES.outerjoin(configs, configs.c.mac_address == planned.c.mac_address)
            )
            .where(planned.c.outcome.in_([outcome.value for outcome in outcomes]))
        )
        for row in self._pages(entries, planned.c.seq):
            yield BulkResult(
                row.place, MacAddress(row.mac_address), Outcome(row.outcome), row.id, row.revision
            )

    def _store_planned(self, note: ChangeNote, now: datetime) -> None:
        self._session.analyze(planned)
        values = write_values(new_change_id(), note, now)
        for statement in bulk.RECORD[self._connection.dialect.name]:
            self._connection.execute(statement, values)
        enqueue_selected(self._connection, bulk.ANNOUNCEMENTS, values)

    def _is_hindered(self) -> bool:
        hindered = planned.c.outcome.in_([Outcome.CONFLICT.value, Outcome.STALE.value])
        return self._connection.execute(select(exists().where(hindered))).scalar_one()

    def _pages(self, statement: Select[Any], position: Column[int]) -> Iterator[Row[Any]]:
        """All rows, a page at a time, so that no cursor stays open."""
        last = -1
        while True:
            page = statement.where(position > last).order_by(position).limit(_PAGE)
            rows = self._connection.execute(page).all()
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1].seq

    @property
    def _connection(self) -> Connection:
        return self._session.connection


def _row(number: int, entry: BulkEntry) -> tuple[object, ...]:
    content = entry.content
    return (
        number,
        entry.place,
        entry.if_revision,
        entry.mac_address.canonical,
        content.text,
        content.etag,
        content.device_name,
        content.device_entity_id,
        content.enable_ota,
        search_text(entry.mac_address, content.device_name, content.device_entity_id),
    )
