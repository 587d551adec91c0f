"""`BulkWrite` in SQL: a temporary table collects entries until they are stored together.

A temporary table belongs to its connection: no other connection sees it, filling it needs no
lock, and it takes no memory of this process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from attrs import Factory, define, field
from sqlalchemy import Column, Connection, Row, Select, Table, delete, func, select
from sqlalchemy.schema import CreateIndex, CreateTable

from iotconfig.domain.configs.bulk import (
    NOT_COMPOSED,
    NOT_LOCKED,
    AnyEntry,
    BulkDeletion,
    BulkEntry,
    BulkRefusal,
    BulkRestoration,
    BulkResult,
    Duplicate,
    Outcome,
)
from iotconfig.domain.configs.bulk_options import EntryRules
from iotconfig.domain.configs.change_log import new_change_id
from iotconfig.domain.configs.composing import Composers
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.query import search_text
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.mac import MacAddress, optional_mac_address

from . import bulk
from .announcing import enqueue_selected
from .bulk import composed, duplicates, planned, staged
from .bulk_composing import BulkComposing
from .bulk_record import ANNOUNCEMENTS, storing
from .bulk_selection import BulkSelection
from .change_row import write_values
from .engine.database import Session
from .gate import SeenLayers, pass_gate
from .tables import configs

_PAGE: Final = 1000
_FEW: Final = 50
"""Entries whose number needs no statistics: with so few, each plan is fast, and statistics take longer than the write."""


@define
class SqlBulkWrite:
    """`BulkWrite` on a connection of its own."""

    _session: Session
    _composers: Composers = Factory(Composers)
    _selection: BulkSelection = field(init=False)
    _added: int = 0
    _tally: Mapping[Outcome, int] = Factory(dict)
    _is_locked: bool = False
    """Whether the entries are locked, and not stored yet."""
    _is_composed: bool = False
    """Whether the documents are decided, since the entries were locked."""

    _composing: BulkComposing = field(init=False)

    @_composing.default
    def _make_composing(self) -> BulkComposing:
        return BulkComposing(self._session, self._composers)

    @_selection.default
    def _make_selection(self) -> BulkSelection:
        return BulkSelection(self._session)

    def __attrs_post_init__(self) -> None:
        for table in (staged, composed, planned):
            self._connection.execute(CreateTable(table))

    def add(self, entries: Sequence[AnyEntry]) -> None:
        rows = [_row(number, entry) for number, entry in enumerate(entries, self._added)]
        self._added += len(rows)
        self._is_composed = False
        self._session.fill(staged, rows)

    def take_duplicates(self) -> Iterator[Duplicate]:
        shared = select(staged.c.mac_address).group_by(staged.c.mac_address).having(func.count() > 1)
        if not self._connection.execute(select(shared.exists())).scalar_one():
            return
        self._connection.execute(CreateTable(duplicates))
        self._connection.execute(bulk.FIND_DUPLICATES)
        for row in self._pages(select(duplicates), duplicates.c.seq):
            yield Duplicate(row.place, MacAddress(row.mac_address), row.other_place)
        self._analyze(duplicates)
        self._connection.execute(bulk.DISCARD_DUPLICATES)

    def add_deletions_of_others(self) -> int:
        self._analyze(staged)
        count = self._connection.execute(bulk.ADD_DELETIONS_OF_OTHERS, {"first": self._added}).rowcount
        self._added += count
        return count

    def select(self, selection: Selection) -> None:
        self._selection.select(selection)

    def select_stale(self) -> int:
        return self._selection.select_stale()

    def selected(self) -> Iterator[Sequence[Config]]:
        return self._selection.pages()

    @contextmanager
    def lock(self) -> Iterator[None]:
        self._analyze(staged)
        with self._session.writing():
            pass_gate(self._connection, SeenLayers())
            self._is_composed = False
            self._connection.execute(bulk.LOCK[self._connection.dialect.name])
            self._is_locked = True
            try:
                yield
                if self._is_locked:
                    # Not a rollback: it would undo the temporary tables, too, which have the results.
                    self._connection.execute(bulk.UNREGISTER)
            finally:
                self._is_locked = False

    def compose(self) -> Iterator[BulkRefusal]:
        yield from self._composing.compose()
        self._is_composed = True

    def compare(self, rules: EntryRules) -> None:
        self._connection.execute(delete(planned))
        self._connection.execute(bulk.plan(rules, is_composed=self._composing.generation > 0))
        counts = select(planned.c.outcome, func.count()).group_by(planned.c.outcome)
        self._tally = {Outcome(outcome): count for outcome, count in self._connection.execute(counts)}

    def store(self, note: ChangeNote, now: datetime) -> str:
        if not self._is_locked:
            raise RuntimeError(NOT_LOCKED)
        if not self._is_composed and self._composing.is_needed():
            raise RuntimeError(NOT_COMPOSED)
        self._is_locked = False
        self._analyze(planned)
        change_id = new_change_id()
        values = write_values(change_id, note, now)
        for statement in storing(self._connection.dialect.name, self._tally.keys()):
            self._connection.execute(statement, values)
        enqueue_selected(self._connection, ANNOUNCEMENTS, values)
        return change_id

    def tally(self) -> Mapping[Outcome, int]:
        return self._tally

    def results(self, outcomes: Collection[Outcome]) -> Iterator[BulkResult]:
        if not self._tally.keys() & set(outcomes):
            return
        self._connection.execute(CreateIndex(bulk.BY_SEQ, if_not_exists=True))
        entries = (
            select(
                planned.c.seq,
                staged.c.place,
                planned.c.mac_address,
                planned.c.outcome,
                planned.c.revision,
                planned.c.replaced_by,
                func.coalesce(planned.c.config_id, configs.c.id).label("config_id"),
            )
            .select_from(
                bulk.PLANNED_ENTRIES.outerjoin(configs, configs.c.mac_address == planned.c.mac_address)
            )
            .where(planned.c.outcome.in_([outcome.value for outcome in outcomes]))
        )
        for row in self._pages(entries, planned.c.seq):
            yield BulkResult(
                row.place,
                MacAddress(row.mac_address),
                Outcome(row.outcome),
                row.config_id,
                row.revision,
                optional_mac_address(row.replaced_by),
            )

    def _analyze(self, table: Table) -> None:
        """Let the plans of the next statements follow the number of entries, where there are many."""
        if self._added > _FEW:
            self._session.analyze(table)

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


def _row(number: int, entry: AnyEntry) -> tuple[object, ...]:
    return (
        number,
        entry.place,
        entry.operation.value,
        entry.config_id if isinstance(entry, BulkRestoration) else None,
        entry.if_revision,
        isinstance(entry, BulkDeletion) and entry.undoes_creation,
        entry.mac_address.canonical,
        *(_NO_COLUMNS if isinstance(entry, BulkDeletion) else _content(entry)),
    )


_NO_COLUMNS: Final = (None,) * 6


def _content(entry: BulkEntry | BulkRestoration) -> tuple[object, ...]:
    content = entry.content
    if content.is_absent:
        return _NO_COLUMNS
    return (
        content.text,
        content.etag,
        content.device_name,
        content.device_entity_id,
        content.enable_ota,
        search_text(entry.mac_address, content.device_name, content.device_entity_id),
    )
