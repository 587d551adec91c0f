"""The stored states of devices in SQL, for filters and counts over many devices: what follows the change log, and what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import evolve, frozen
from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, text

from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.devices.following import Progress
from iotconfig.domain.devices.silence import NO_INTERVALS, ExpectedIntervals
from iotconfig.domain.mac import MacAddress

from .change_log import reading
from .device_state_writes import NOW, lock_devices, write_states
from .engine.database import Database
from .evidence_rows import MICROSECOND, micros
from .tables import changes as logged_changes
from .tables import device_counts, device_states, device_states_progress

_KEPT_COUNTS: Final = 2000
"""Rows of counts from which they are added up."""
_SETTLING: Final = 500_000
"""Microseconds after which a written state is news: by then, its transaction has ended."""

_PROGRESS: Final = select(device_states_progress)
_NEWEST_POSITION: Final = select(func.coalesce(func.max(logged_changes.c.position), 0))
_LIMIT: Final[BindParameter[int]] = bindparam("limit_")
_AFTER_MARK: Final[BindParameter[int]] = bindparam("after_")

# Devices stay in the database, as a JSON object of their MAC addresses with nulls: rows would cost more than all the rest.
_NULLS: Final = {
    "postgresql": "CAST(json_object_agg({name}, CAST(NULL AS text)){which} AS text)",
    "sqlite": "json_group_object({name}, NULL){which}",
}


def _given(query: str, *more: str, which: str = "") -> Mapping[str, Any]:
    """The devices of a query with the column `mac_address`, and more figures over its rows.

    which: a condition on the rows whose `mac_address` is one; by default, all of them.
    """
    which = which and f" FILTER (WHERE {which})"
    return {
        dialect: text(
            f"SELECT {', '.join((nulls.format(name='mac_address', which=which) + ' AS given', 'count(*) AS devices', *more))}"  # noqa: S608 - names of ours
            f" FROM ({query}) AS found"
        )
        for dialect, nulls in _NULLS.items()
    }


_DEVICE_KINDS: Final = ", ".join(f"'{kind.value}'" for kind in ChangeKind if kind.is_of_device)
_CHANGED: Final = _given(
    # A device that changed twice is there once, with its last change.
    "SELECT subject AS mac_address, of_device, min(position) AS first, max(position) AS last FROM ("  # noqa: S608 - names of ours
    f"SELECT subject, CASE WHEN kind IN ({_DEVICE_KINDS}) THEN 1 END AS of_device, position FROM changes"
    " WHERE position > :after_ ORDER BY position LIMIT :limit_) AS next GROUP BY subject, of_device",
    "min(first) AS first",
    "max(last) AS last",
    which="of_device = 1",
)
# Rows of counters are never deleted: they are there for all devices, former ones included.
_UNSWEPT: Final = _given(
    "SELECT mac_address FROM revision_counters WHERE mac_address > :after_ ORDER BY mac_address LIMIT :limit_",
    "max(mac_address) AS last",
)
_SILENT: Final = _given(
    # The index has it so.
    "SELECT mac_address FROM device_states WHERE overdue = false AND overdue_at <= :now ORDER BY overdue_at LIMIT :limit_"
)
_ADD_UP: Final = {
    "postgresql": (
        text(
            "WITH removed AS (DELETE FROM device_counts RETURNING tag, state, overdue, change)"
            " INSERT INTO device_counts (tag, state, overdue, change) SELECT tag, state, overdue, sum(change)"
            " FROM removed GROUP BY tag, state, overdue HAVING sum(change) <> 0"
        ),
    ),
    # The ids of new rows are above all that were there.
    "sqlite": (
        text(
            "INSERT INTO device_counts (tag, state, overdue, change) SELECT tag, state, overdue, sum(change)"
            " FROM device_counts WHERE id <= :last GROUP BY tag, state, overdue HAVING sum(change) <> 0"
        ),
        text("DELETE FROM device_counts WHERE id <= :last"),
    ),
}
_LAST_COUNT: Final = select(func.max(device_counts.c.id))

_SETTLED: Final = {dialect: text(f"SELECT {now} - {_SETTLING}") for dialect, now in NOW.items()}
_NEWS: Final = (
    select(device_states.c.mac_address)
    .where(device_states.c.changed_at > _AFTER_MARK, device_states.c.changed_at <= bindparam("until_"))
    .limit(_LIMIT)
)


def settled(connection: Connection) -> int:
    """The time up to which all written states can be read, in microseconds by the database's clock."""
    return int(connection.execute(_SETTLED[connection.dialect.name]).scalar_one())


def changed_between(connection: Connection, after: int, until: int, limit: int) -> Sequence[MacAddress]:
    """Up to `limit` MAC addresses whose states were written between two times, after the first one."""
    found = connection.execute(_NEWS, {"after_": after, "until_": until, "limit_": limit})
    return [MacAddress(mac_address) for mac_address in found.scalars()]


@frozen
class SqlDeviceStates:
    """`DeviceStates` over one database."""

    _database: Database
    _intervals: ExpectedIntervals = NO_INTERVALS

    def progress(self) -> Progress | None:
        with self._database.reading() as connection:
            row = connection.execute(_PROGRESS).one_or_none()
        if row is None or row.intervals != self._rule():
            return None
        return Progress(row.position, row.swept_to)

    def restart(self) -> None:
        with self._database.writing() as connection:
            position = connection.execute(_NEWEST_POSITION).scalar_one()
            self._store(connection, Progress(position, ""))

    def follow(self, progress: Progress, limit: int, now: datetime) -> Progress | None:
        values = {"after_": progress.position, "limit_": limit}
        with reading(self._database) as connection:
            found = connection.execute(_CHANGED[connection.dialect.name], values).one()
        if not found.devices:
            return progress
        if found.first > progress.position + 1:
            return None
        reached = evolve(progress, position=found.last)
        # Without a change of a device, only the progress is stored.
        self._write(found.given or "{}", now, reached)
        return reached

    def sweep(self, progress: Progress, limit: int, now: datetime) -> Progress:
        values = {"after_": progress.swept_to or "", "limit_": limit}
        with self._database.reading() as connection:
            found = connection.execute(_UNSWEPT[connection.dialect.name], values).one()
        reached = evolve(progress, swept_to=found.last)
        self._write(found.given if found.devices else "{}", now, reached)
        return reached

    def expire(self, limit: int, now: datetime) -> int:
        if not self._intervals:
            return 0
        values = {"now": micros(now), "limit_": limit}
        with self._database.reading() as connection:
            found = connection.execute(_SILENT[connection.dialect.name], values).one()
        if found.devices:
            self._write(found.given, now)
        return int(found.devices)

    def compact(self) -> None:
        size = select(func.count()).select_from(device_counts)
        with self._database.reading() as connection:
            if connection.execute(size).scalar_one() <= _KEPT_COUNTS:
                return
        with self._database.writing() as connection:
            last = connection.execute(_LAST_COUNT).scalar_one()
            for statement in _ADD_UP[connection.dialect.name]:
                connection.execute(statement, {"last": last})

    def _write(self, given: str, now: datetime, progress: Progress | None = None) -> None:
        """Store the states of the given devices, and with them the progress, if given, in one transaction."""
        with self._database.writing() as connection:
            lock_devices(connection, given)
            write_states(connection, given, self._intervals, now)
            if progress is not None:
                self._store(connection, progress)

    def _store(self, connection: Connection, progress: Progress) -> None:
        connection.execute(delete(device_states_progress))
        connection.execute(
            insert(device_states_progress),
            {
                "only": 1,
                "position": progress.position,
                "intervals": self._rule(),
                "swept_to": progress.swept_to,
            },
        )

    def _rule(self) -> str:
        """The intervals as text, to see whether they are still the same."""
        return " ".join(
            f"{tag}={interval // MICROSECOND}" for tag, interval in self._intervals.by_tag.items()
        )
