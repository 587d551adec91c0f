"""The stored states of devices in SQL: for filters and counts over many devices.

Each writer takes the locks of its devices, writes evidence or not, works the states out with one statement, and
writes those that differ, with what that changes in the counts. So whoever writes last has seen everything. Writers
of configs take no such lock: the job that follows the change log comes after them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    TextClause,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)

from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.devices.following import Progress
from iotconfig.domain.devices.silence import NO_INTERVALS, ExpectedIntervals, overdue_at
from iotconfig.domain.devices.state import State
from iotconfig.domain.mac import MacAddress

from .device_state_changes import NewState, add_changes
from .engine.database import Database
from .evidence_rows import MICROSECOND, micros, moment_of
from .given_rows import given_rows
from .tables import changes as logged_changes
from .tables import device_counts, device_states, device_states_progress, revision_counters

ALL_DEVICES: Final = ""
"""The tag under which all devices are counted."""

_LOCK_SPACE: Final = 0x696F7464
"""`iotd` in ASCII: the first number of the advisory locks in a PostgreSQL database; the second is the stripe."""
_STRIPES: Final = 32
"""Devices with one stripe are locked together."""
_KEPT_COUNTS: Final = 2000
"""Rows of counts from which they are added up."""

_LOCK: Final = text(
    "SELECT pg_advisory_xact_lock(:space, CAST(stripe AS integer)) FROM json_array_elements_text(CAST(:stripes AS json)) AS stripe"
)

_GIVEN: Final = {
    "postgresql": "(SELECT value AS mac_address FROM json_array_elements_text(CAST(:given AS json)) AS given(value))",
    "sqlite": "(SELECT value AS mac_address FROM json_each(:given))",
}
_NEWEST: Final = {"postgresql": "greatest", "sqlite": "max"}
_KINDS: Final = ("fetched", "holds", "applied", "rejected")


def _order(kind: str) -> str:
    return f"{kind}.number, {kind}.received_at"


_RUNS_APPLIED: Final = (
    f"applied.etag IS NOT NULL AND (holds.etag IS NULL OR ({_order('applied')}) >= ({_order('holds')}))"
)
_RUNNING: Final = f"CASE WHEN {_RUNS_APPLIED} THEN applied.etag ELSE holds.etag END"


def _names_current(kind: str) -> str:
    return f"{kind}.etag = documents.etag AND {kind}.number = documents.number"


_STATE: Final = (
    "CASE WHEN documents.etag IS NULL THEN NULL"
    f" WHEN {' AND '.join(f'{kind}.etag IS NULL' for kind in _KINDS)} THEN '{State.NEVER}'"
    f" WHEN {_names_current('rejected')} AND (applied.etag IS NULL OR applied.etag <> documents.etag"
    f" OR ({_order('applied')}) <= ({_order('rejected')})) THEN '{State.REJECTED}'"
    f" WHEN {_RUNNING} = documents.etag THEN '{State.IN_SYNC}'"
    f" WHEN {_names_current('applied')} THEN '{State.DRIFTED}'"
    f" WHEN {_names_current('fetched')} AND (holds.etag IS NULL OR ({_order('fetched')}) >= ({_order('holds')}))"
    f" AND (applied.etag IS NULL OR ({_order('fetched')}) >= ({_order('applied')})) THEN '{State.DELIVERED}'"
    f" ELSE '{State.PENDING}' END"
)
"""`state_of`, in SQL. A property test compares the two."""
_FIRMWARE: Final = (
    "CASE WHEN documents.etag IS NULL THEN NULL WHEN applied.firmware IS NOT NULL AND (rejected.firmware IS NULL"
    f" OR ({_order('applied')}) >= ({_order('rejected')})) THEN applied.firmware ELSE rejected.firmware END"
)


def _computed(dialect: str, *, with_times: bool) -> TextClause:
    """The states of some devices beside the stored ones, where they differ; `with_times`: and of all that were seen."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    seen = ", ".join(f"coalesce({kind}.received_at, 0)" for kind in _KINDS)
    evidence = " ".join(
        f"LEFT JOIN device_evidence AS {kind} ON {kind}.mac_address = given.mac_address AND {kind}.kind = '{kind}'"
        for kind in _KINDS
    )
    times = " OR seen > 0" if with_times else ""
    return text(
        "SELECT * FROM (SELECT given.mac_address AS mac_address,"  # noqa: S608 - names of ours
        f" {_STATE} AS state, {_FIRMWARE} AS firmware, {_NEWEST[dialect]}({seen}) AS seen, documents.number AS number,"
        " CASE WHEN documents.etag IS NULL THEN '' ELSE coalesce(config_labels.tags, '') END AS tags,"
        " stored.mac_address IS NOT NULL AS is_stored, stored.state AS stored_state, stored.overdue AS stored_overdue,"
        " stored.overdue_at AS stored_overdue_at, stored.firmware AS stored_firmware, stored.tags AS stored_tags"
        f" FROM {_GIVEN[dialect]} AS given"
        " LEFT JOIN documents ON documents.mac_address = given.mac_address"
        " LEFT JOIN configs ON configs.mac_address = given.mac_address"
        " LEFT JOIN config_labels ON config_labels.config_id = configs.id"
        f" LEFT JOIN device_states AS stored ON stored.mac_address = given.mac_address {evidence}) AS computed"
        f" WHERE state {differs} stored_state OR firmware {differs} stored_firmware OR stored_overdue_at IS NOT NULL"
        f" OR NOT is_stored OR tags <> stored_tags{times}"
    )


_COMPUTED: Final = {
    (dialect, with_times): _computed(dialect, with_times=with_times)
    for dialect in _GIVEN
    for with_times in (True, False)
}
_COLUMNS: Final = {
    "mac_address": "text",
    "state": "text",
    "overdue": "boolean",
    "overdue_at": "bigint",
    "firmware": "text",
    "tags": "text",
}
_STORED: Final = given_rows(_COLUMNS)
_NOW: Final = {
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS integer)",
}
"""The time in microseconds by the database's clock, which all writers share."""
_STORE: Final = {
    dialect: text(
        f"INSERT INTO device_states ({', '.join(_COLUMNS)}, changed_at)"  # noqa: S608 - names of ours
        f" SELECT {', '.join(_COLUMNS)}, {_NOW[dialect]} FROM {rows} WHERE 1 = 1"
        f" ON CONFLICT (mac_address) DO UPDATE SET changed_at = excluded.changed_at,"
        f" {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS if name != 'mac_address')}"
    )
    for dialect, rows in _STORED.items()
}
_PROGRESS: Final = select(device_states_progress)
_NEWEST_POSITION: Final = select(func.coalesce(func.max(logged_changes.c.position), 0))
_LIMIT: Final[BindParameter[int]] = bindparam("limit_")
_AFTER: Final[BindParameter[str]] = bindparam("after_")
# Rows of counters are never deleted: they are there for all devices, former ones included.
_AFTER_MARK: Final[BindParameter[int]] = bindparam("after_")
_SETTLING: Final = 500_000
"""Microseconds after which a written state is news: by then, its transaction has ended."""
_UNSWEPT: Final = (
    select(revision_counters.c.mac_address)
    .where(revision_counters.c.mac_address > _AFTER)
    .order_by(revision_counters.c.mac_address)
    .limit(_LIMIT)
)
_SILENT: Final = (
    select(device_states.c.mac_address)
    .where(device_states.c.overdue == False, device_states.c.overdue_at <= bindparam("now_"))  # noqa: E712 - the index has it so
    .order_by(device_states.c.overdue_at)
    .limit(_LIMIT)
)

_SETTLED: Final = {dialect: text(f"SELECT {now} - {_SETTLING}") for dialect, now in _NOW.items()}
_CHANGED: Final = (
    select(device_states.c.mac_address)
    .where(device_states.c.changed_at > _AFTER_MARK, device_states.c.changed_at <= bindparam("until_"))
    .limit(_LIMIT)
)

Count = tuple[str, str, bool]
"""A tag, a state, and whether it is of devices that are overdue."""


def lock_devices(connection: Connection, mac_addresses: Iterable[str]) -> None:
    """Wait until no other transaction writes evidence or states of these devices. On SQLite, one writes at a time anyway."""
    if connection.dialect.name != "postgresql":
        return
    stripes = sorted({int(mac_address[-2:], 16) % _STRIPES for mac_address in mac_addresses})
    connection.execute(_LOCK, {"space": _LOCK_SPACE, "stripes": json.dumps(stripes)})


def refresh_states(
    connection: Connection,
    changed: Mapping[str, Evidence | None],
    intervals: ExpectedIntervals,
    now: datetime,
) -> None:
    """Work out the states of devices, and store those that differ. `lock_devices` has locked them.

    changed: the devices, each with its new evidence; None where its document may have changed.
    """
    if not changed:
        return
    statement = _COMPUTED[connection.dialect.name, bool(intervals)]
    found = connection.execute(statement, {"given": json.dumps([*changed])}).all()
    rows, changes, counts = [], [], Counter[Count]()
    for row in found:
        new = _stored(row, intervals, now)
        # What is known to the change log was a device, also where it was created and deleted since the last look.
        if new is None or (
            new["state"] is None and not row.is_stored and changed[row.mac_address] is not None
        ):
            continue
        rows.append(new)
        if new["state"] != row.stored_state and (row.is_stored or new["state"] != State.NEVER):
            evidence = changed[row.mac_address]
            at = now if evidence is None else evidence.received_at
            changes.append(NewState(row.mac_address, at, new["state"], row.number, evidence))
        counts.update(_counted(new["state"], new["overdue"], new["tags"]))
        counts.subtract(_counted(row.stored_state, row.stored_overdue, row.stored_tags))
    if not rows:
        return
    connection.execute(_STORE[connection.dialect.name], {"rows": json.dumps(rows)})
    _add_counts(connection, counts)
    add_changes(connection, changes)


def settled(connection: Connection) -> int:
    """The time up to which all written states can be read, in microseconds by the database's clock."""
    return int(connection.execute(_SETTLED[connection.dialect.name]).scalar_one())


def changed_between(connection: Connection, after: int, until: int, limit: int) -> Sequence[MacAddress]:
    """Up to `limit` MAC addresses whose states were written between two times, after the first one."""
    found = connection.execute(_CHANGED, {"after_": after, "until_": until, "limit_": limit})
    return [MacAddress(mac_address) for mac_address in found.scalars()]


def _stored(row: Row[Any], intervals: ExpectedIntervals, now: datetime) -> dict[str, Any] | None:
    """The new row of a device; None where the stored one is good enough."""
    expected = None if row.state is None else intervals.of(row.tags.split())
    seen = moment_of(row.seen) if row.seen else None
    due = overdue_at(seen, expected)
    at = None if due is None else micros(due)
    new = {
        "mac_address": row.mac_address,
        "state": row.state,
        "overdue": due is not None and due <= now,
        "overdue_at": at,
        "firmware": row.firmware,
        "tags": row.tags,
    }
    is_same = (row.stored_state, bool(row.stored_overdue), row.stored_firmware, row.stored_tags) == (
        new["state"],
        new["overdue"],
        new["firmware"],
        new["tags"],
    )
    return None if row.is_stored and is_same and _is_close(row.stored_overdue_at, at, expected, now) else new


def _is_close(stored: int | None, exact: int | None, expected: timedelta | None, now: datetime) -> bool:
    """Whether a stored `overdue_at` is good enough: it moves by a quarter of the interval at least, and is never too late.

    One that has passed is brought up to date, or the device would be looked at again and again.
    """
    if stored is None or exact is None or expected is None:
        return stored == exact
    if stored == exact:
        return True
    has_passed = stored <= micros(now)
    return not has_passed and 0 < exact - stored < expected // 4 // MICROSECOND


def _counted(state: str | None, is_overdue: bool, tags: str | None) -> Iterator[Count]:  # noqa: FBT001 - a column
    """Under what a device is counted: once among all, and once for each of its tags."""
    if state is not None:
        for tag in (ALL_DEVICES, *(tags or "").split()):
            yield tag, state, bool(is_overdue)


def _add_counts(connection: Connection, counts: Mapping[Count, int]) -> None:
    rows = [
        {"tag": tag, "state": state, "overdue": is_overdue, "change": change}
        for (tag, state, is_overdue), change in counts.items()
        if change
    ]
    if rows:
        connection.execute(insert(device_counts), rows)


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

    def unswept(self, after: str, limit: int) -> Sequence[MacAddress]:
        values = {"after_": after, "limit_": limit}
        with self._database.reading() as connection:
            return [MacAddress(mac_address) for mac_address in connection.execute(_UNSWEPT, values).scalars()]

    def silent(self, now: datetime, limit: int) -> Sequence[MacAddress]:
        if not self._intervals:
            return ()
        values = {"now_": micros(now), "limit_": limit}
        with self._database.reading() as connection:
            return [MacAddress(mac_address) for mac_address in connection.execute(_SILENT, values).scalars()]

    def refresh(self, mac_addresses: Sequence[MacAddress], now: datetime, progress: Progress | None) -> None:
        given = sorted({str(mac_address) for mac_address in mac_addresses})
        with self._database.writing() as connection:
            lock_devices(connection, given)
            refresh_states(connection, dict.fromkeys(given), self._intervals, now)
            if progress is not None:
                self._store(connection, progress)

    def compact(self) -> None:
        size = select(func.count()).select_from(device_counts)
        with self._database.reading() as connection:
            if connection.execute(size).scalar_one() <= _KEPT_COUNTS:
                return
        removed = delete(device_counts).returning(
            device_counts.c.tag, device_counts.c.state, device_counts.c.overdue, device_counts.c.change
        )
        with self._database.writing() as connection:
            counts = Counter[Count]()
            for tag, state, is_overdue, change in connection.execute(removed):
                counts[tag, state, is_overdue] += change
            _add_counts(connection, counts)

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
