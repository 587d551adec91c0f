"""The report of the active subscriber: one row. Its age is by the database's clock, which all machines share."""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen
from sqlalchemy import delete, func, select, type_coerce

from iotconfig.domain.devices.subscriber_reports import SubscriberReport
from iotconfig.domain.jobs.heartbeat import FRESH

from .engine.database import Database
from .engine.dialects import ByDialect, insert_into
from .tables import UtcDateTime, subscribers

_ONLY: Final = 1
_columns = subscribers.c
_NAMES: Final = tuple(column.name for column in subscribers.columns if not column.primary_key)
_NOW: Final = type_coerce(func.current_timestamp(), UtcDateTime)
_FIND: Final = select(subscribers, _NOW.label("now"))


def _upsert(dialect: str) -> Any:
    adding = insert_into(dialect, subscribers)
    return adding.on_conflict_do_update(
        index_elements=[_columns.only], set_={name: adding.excluded[name] for name in _NAMES}
    )


_UPSERT: Final = ByDialect(_upsert)


@frozen
class SqlSubscriberReports:
    """`SubscriberReports` over one database."""

    _database: Database

    def put(self, report: SubscriberReport) -> None:
        with self._database.writing() as connection:
            row = {
                "only": _ONLY,
                "name": report.subscriber,
                "is_connected": report.is_connected,
                "since": report.since,
                "last_message_at": report.last_message_at,
                "problem": report.problem,
                "reported_at": connection.execute(select(_NOW)).scalar_one(),
            }
            connection.execute(_UPSERT[connection.dialect.name], row)

    def remove(self, subscriber: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(subscribers).where(_columns.name == subscriber))

    def fresh(self) -> SubscriberReport | None:
        with self._database.reading() as connection:
            row = connection.execute(_FIND).one_or_none()
        if row is None or row.now - row.reported_at >= FRESH:
            return None
        return SubscriberReport(row.name, row.is_connected, row.since, row.last_message_at, row.problem)
