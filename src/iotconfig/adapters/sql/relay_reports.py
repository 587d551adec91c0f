"""Reports of relays, one row for each relay. Ages are by the database's clock, which all machines share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, delete, func, insert, or_, select, type_coerce

from iotconfig.domain.announcing.relay_reports import (
    Destination,
    RelayProblem,
    RelayProblemCode,
    RelayReport,
)
from iotconfig.domain.jobs.heartbeat import FRESH

from .engine.database import Database
from .tables import UtcDateTime, relays

_FORGOTTEN: Final = 10 * FRESH
_NOW: Final = type_coerce(func.current_timestamp(), UtcDateTime)
_columns = relays.c


@frozen
class SqlRelayReports:
    """`RelayReports` over one database."""

    _database: Database

    def put(self, report: RelayReport) -> None:
        with self._database.writing() as connection:
            now = connection.execute(select(_NOW)).scalar_one()
            outdated = [_columns.name == report.relay, _columns.reported_at < now - _FORGOTTEN]
            if report.is_active:
                outdated.append(_columns.is_active)
            connection.execute(delete(relays).where(or_(*outdated)))
            connection.execute(
                insert(relays).values(
                    name=report.relay,
                    broker=report.destination.broker,
                    prefix=report.destination.prefix,
                    is_active=report.is_active,
                    problems=json.dumps([[problem.code, problem.message] for problem in report.problems]),
                    reported_at=now,
                )
            )

    def remove(self, relay: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(relays).where(_columns.name == relay))

    def fresh(self) -> Sequence[RelayReport]:
        statement = select(relays, _NOW.label("now")).order_by(_columns.name)
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return [_report(row) for row in rows if row.now - row.reported_at < FRESH]


def _report(row: Row[Any]) -> RelayReport:
    return RelayReport(
        row.name,
        Destination(row.broker, row.prefix),
        row.is_active,
        tuple(_problem(code, message) for code, message in json.loads(row.problems)),
    )


def _problem(code: str, message: str) -> RelayProblem:
    return RelayProblem(RelayProblemCode(code), message)
