"""Pending notifications in SQL: written with their change, removed by generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Row,
    ScalarSelect,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    update,
)

from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.announcing.notifications import (
    AT_ONCE,
    MOST_COUNTED,
    Backlog,
    Notification,
    next_generation,
)

from .engine.database import Database, SendsAfterCommit
from .engine.dialects import ByDialect, insert_into
from .engine.statement_batch import execute_together
from .tables import notifications

WAKE_CHANNEL: Final = "iotconfig_notifications"
"""The NOTIFY channel that wakes what waits for commits on PostgreSQL: the relay, and event streams."""

_NOTIFY: Final = f"NOTIFY {WAKE_CHANNEL}"
_NOTIFY_AT_ONCE: Final = f"SET LOCAL synchronous_commit TO off; {_NOTIFY}".encode()
"""The NOTIFY, as a transaction of its own that does not wait for the disk or a standby."""

_columns = notifications.c
_IS_CURRENT: Final = and_(
    _columns.kind == bindparam("kind_"),
    _columns.key == bindparam("key_"),
    _columns.generation == bindparam("generation_"),
)
_REMOVE: Final = delete(notifications).where(_IS_CURRENT)
_WAITING: Final = not_(_columns.parked)
_NEXT_DUE: Final = select(func.min(_columns.due_at)).where(_WAITING)
_IS_ANYTHING_PENDING: Final = select(exists().select_from(notifications))
_LONGEST_DUE_FIRST: Final = (_columns.due_at, _columns.since, _columns.kind, _columns.key)
_GIVEN: Final = (
    "kind",
    "key",
    "generation",
    "restart_hint",
    "document_number",
    "etag",
    "updated_at",
    "since",
    "due_at",
)


def merging(dialect: str, announcements: Select[Any]) -> Insert:
    """An insert that merges each announcement into the pending one of its subject, as `Announcement.superseding` defines.

    announcements: a query of every column except `last_error`.
    """
    statement = insert_into(dialect, notifications).from_select(
        [column.name for column in announcements.selected_columns], announcements
    )
    new = statement.excluded

    def earlier(column: str) -> Any:
        return case(
            (or_(_columns.parked, new[column] < _columns[column]), new[column]), else_=_columns[column]
        )

    is_deletion = and_(new.document_number.is_not(None), new.etag.is_(None))
    merged: Insert = statement.on_conflict_do_update(
        index_elements=[_columns.kind, _columns.key],
        set_={
            "restart_hint": or_(new.restart_hint, and_(_columns.restart_hint, not_(is_deletion))),
            "document_number": new.document_number,
            "etag": new.etag,
            "updated_at": new.updated_at,
            "generation": case(
                (_columns.generation >= new.generation, _columns.generation + literal_column("1")),
                else_=new.generation,
            ),
            "since": earlier("since"),
            "due_at": earlier("due_at"),
            "refusals": literal_column("0"),
            "parked": false(),
            "last_error": null(),
        },
    )
    return merged


_ENQUEUE: Final = ByDialect(
    lambda dialect: merging(
        dialect,
        select(
            *(bindparam(f"new_{name}", type_=_columns[name].type).label(name) for name in _GIVEN),
            literal_column("0").label("refusals"),
            false().label("parked"),
        ),
    )
)


@frozen
class SqlNotificationOutbox:
    """`NotificationOutbox` over one transaction. On PostgreSQL, its commit wakes the relay."""

    _connection: Connection

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        state = announcement.state
        values = {
            "new_kind": announcement.subject.kind.value,
            "new_key": announcement.subject.key,
            "new_generation": next_generation(now, None),
            "new_restart_hint": announcement.restart_hint,
            "new_document_number": state.document_number if state else None,
            "new_etag": state.etag if state else None,
            "new_updated_at": state.updated_at if state else None,
            "new_since": due_at or now,
            "new_due_at": due_at or AT_ONCE,
        }
        execute_together(self._connection, (_ENQUEUE[self._connection.dialect.name],), values)
        signal_commit(self._connection)


def enqueue_selected(
    connection: Connection, announcements: Select[Any], values: Mapping[str, object]
) -> None:
    """Enqueue the announcements that a query selects; it gives every column but `last_error`.

    announcements: a constant of the caller; the statements made of it are kept.

    The devices are locked, so no other writer enqueues for them: where nothing is
    pending, there is nothing to merge with, and the insert takes a third less time.
    """
    if connection.execute(_IS_ANYTHING_PENDING).scalar_one():
        connection.execute(_merging_selected(connection.dialect.name, announcements), values)
    else:
        connection.execute(_inserting(announcements), values)
    signal_commit(connection)


@cache
def _merging_selected(dialect: str, announcements: Select[Any]) -> Insert:
    return merging(dialect, announcements)


@cache
def _inserting(announcements: Select[Any]) -> Insert:
    names = [column.name for column in announcements.selected_columns]
    return insert(notifications).from_select(names, announcements)


def signal_commit(connection: Connection) -> None:
    """Wake what waits for commits, such as the relay, after this one. On PostgreSQL only: on SQLite they watch the file.

    A transaction that contains a NOTIFY holds a lock of the whole server from the beginning of its commit
    until the commit has reached the disk and the synchronous standbys, so that commits queue: with a
    standby 8 ms away, 16 writers together made 106 updates per second. So a change sends its NOTIFY
    after its commit. If the process ends between the two, the relay finds the change at its next poll.
    """
    if connection.dialect.name != "postgresql":
        return
    driver = connection.connection.driver_connection
    if isinstance(driver, SendsAfterCommit):
        driver.after_commit = _NOTIFY_AT_ONCE
    else:
        # A bulk write commits once for many changes.
        connection.exec_driver_sql(_NOTIFY)


@frozen
class SqlNotificationQueue:
    """`NotificationQueue` over one database."""

    _database: Database

    def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        statement = select(notifications).where(_WAITING, _columns.due_at <= now)
        with self._database.reading() as connection:
            rows = connection.execute(statement.order_by(*_LONGEST_DUE_FIRST).limit(limit)).all()
        return [_notification(row) for row in rows]

    def next_due(self) -> datetime | None:
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(_NEXT_DUE).scalar_one()
        return found

    def acknowledge(self, delivered: Sequence[Notification], refused: Sequence[Notification]) -> None:
        # In the order in which `announce_all` locks them, and never both kinds in one
        # transaction: two that lock the same rows in other orders would end in a deadlock.
        if delivered:
            with self._database.writing() as connection:
                connection.execute(
                    _REMOVE, [_key(notification) for notification in sorted(delivered, key=_subject)]
                )
        if refused:
            with self._database.writing() as connection:
                for notification in sorted(refused, key=_subject):
                    connection.execute(_postponed(notification), _key(notification))

    def backlog(self, limit: int = MOST_COUNTED) -> Backlog:
        # One index holds all three answers: as comparisons, SQLite finds it.
        is_waiting, is_parked = _columns.parked == false(), _columns.parked == true()
        statement = select(
            _counted(is_waiting, limit),
            _counted(is_parked, limit),
            select(func.min(_columns.since)).where(is_waiting).scalar_subquery(),
        )
        with self._database.reading() as connection:
            pending, parked, oldest = connection.execute(statement).one()
        return Backlog(min(pending, limit), min(parked, limit), oldest, more=max(pending, parked) > limit)

    def find(self, limit: int) -> Sequence[Notification]:
        statement = select(notifications).order_by(_columns.parked.desc(), *_LONGEST_DUE_FIRST).limit(limit)
        with self._database.reading() as connection:
            return [_notification(row) for row in connection.execute(statement)]

    def retry_parked(self, now: datetime) -> int:
        statement = (
            update(notifications)
            .where(_columns.parked == true())
            .values(parked=False, refusals=0, due_at=AT_ONCE, since=now)
        )
        with self._database.writing() as connection:
            retried = int(connection.execute(statement).rowcount)
            signal_commit(connection)
            return retried


def _counted(condition: ColumnElement[bool], limit: int) -> ScalarSelect[int]:
    """Count the rows, up to `limit` + 1."""
    some = select(_columns.key).where(condition).limit(limit + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _postponed(notification: Notification) -> Update:
    return (
        update(notifications)
        .where(_IS_CURRENT)
        .values(
            restart_hint=notification.announcement.restart_hint,
            due_at=notification.due_at,
            refusals=notification.refusals,
            parked=notification.parked,
            last_error=notification.last_error,
        )
    )


def _subject(notification: Notification) -> Subject:
    return notification.announcement.subject


def _key(notification: Notification) -> dict[str, object]:
    subject = notification.announcement.subject
    return {"kind_": subject.kind.value, "key_": subject.key, "generation_": notification.generation}


def _notification(row: Row[Any]) -> Notification:
    number = row.document_number
    state = None if number is None else AnnouncedDocument(number, row.etag, row.updated_at)
    return Notification(
        announcement=Announcement(Subject(Kind(row.kind), row.key), row.restart_hint, state),
        generation=row.generation,
        since=row.since,
        due_at=row.due_at,
        refusals=row.refusals,
        parked=row.parked,
        last_error=row.last_error,
    )
