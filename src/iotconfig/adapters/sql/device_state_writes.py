"""Writing the states of devices in SQL: worked out, compared, stored and counted by statements over all of them.

Each writer takes the locks of its devices, writes evidence or not, and then writes their states. So whoever writes last
has seen everything. Writers of configs take no such lock: the job that follows the change log comes after them.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, TextClause, text

from iotconfig.domain.devices.silence import ExpectedIntervals

from .device_state_changes import ADD_CHANGES, REMOVE_OLDEST
from .evidence_rows import MICROSECOND, micros
from .judged_devices import differing

ALL_DEVICES: Final = ""
"""The tag under which all devices are counted."""

_LOCK_SPACE: Final = 0x696F7464
"""`iotd` in ASCII: the first number of the advisory locks in a PostgreSQL database; the second is the stripe."""
_STRIPES: Final = 32
"""Devices with one stripe are locked together."""

_LOCK: Final = text(
    f"SELECT pg_advisory_xact_lock({_LOCK_SPACE}, stripe) FROM ("  # noqa: S608 - numbers of ours
    f"SELECT DISTINCT CAST(CAST('x' || right(mac_address, 2) AS bit(8)) AS integer) % {_STRIPES} AS stripe"
    " FROM json_object_keys(CAST(:given AS json)) AS given(mac_address) ORDER BY stripe) AS stripes"
)
NOW: Final = {
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS integer)",
}
"""The time in microseconds by the database's clock, which all writers share."""

_CREATE: Final = text(
    "CREATE TEMPORARY TABLE IF NOT EXISTS new_states (mac_address TEXT, cause TEXT, state TEXT, overdue INTEGER,"
    " overdue_at INTEGER, firmware TEXT, tags TEXT, number INTEGER, stored_state TEXT, stored_overdue INTEGER,"
    " stored_tags TEXT, change_number INTEGER)"
)
"""On SQLite; a part of the statement, on PostgreSQL."""
_CLEAR: Final = text("DELETE FROM new_states")

_COLUMNS: Final = ("mac_address", "state", "overdue", "overdue_at", "firmware", "tags")


def _store(dialect: str) -> str:
    return (
        f"INSERT INTO device_states ({', '.join(_COLUMNS)}, changed_at)"  # noqa: S608 - names of ours
        # The condition tells SQLite that ON does not belong to a join.
        f" SELECT {', '.join(_COLUMNS)}, {NOW[dialect]} FROM new_states WHERE 1 = 1"
        " ON CONFLICT (mac_address) DO UPDATE SET changed_at = excluded.changed_at,"
        f" {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS if name != 'mac_address')}"
    )


_TAGS: Final = {
    "postgresql": "unnest(array_prepend('', string_to_array({tags}, ' '))) AS counted(value)",
    "sqlite": "json_each('[\"\"' || CASE {tags} WHEN '' THEN '' ELSE ',\"' || replace({tags}, ' ', '\",\"') || '\"' END || ']') AS counted",
}
"""Under what a device is counted: once among all, and once for each of its tags."""


def _count(dialect: str) -> str:
    counted = " UNION ALL ".join(
        f"SELECT counted.value AS tag, {prefix}state AS state, {prefix}overdue AS overdue, {change} AS change"  # noqa: S608 - names of ours
        f" FROM new_states, {_TAGS[dialect].format(tags=f'{prefix}tags')} WHERE {prefix}state IS NOT NULL"
        for prefix, change in (("", "1"), ("stored_", "-1"))
    )
    return (
        "INSERT INTO device_counts (tag, state, overdue, change)"  # noqa: S608 - names of ours
        f" SELECT tag, state, overdue, sum(change) FROM ({counted}) AS changed"
        " GROUP BY tag, state, overdue HAVING sum(change) <> 0"
    )


def _statements(dialect: str, *, with_intervals: bool) -> tuple[TextClause, ...]:
    """What writes states. The first statement of SQLite finds those that differ; the others are done if there are some."""
    found = differing(dialect, with_intervals=with_intervals)
    writes = (_store(dialect), _count(dialect), ADD_CHANGES, REMOVE_OLDEST)
    if dialect == "postgresql":
        *parts, last = writes
        named = ", ".join(f"part_{number} AS ({part})" for number, part in enumerate(parts))
        return (text(f"WITH new_states AS MATERIALIZED ({found}), {named} {last}"),)
    find = text(f"INSERT INTO new_states {found}").execution_options(preserve_rowcount=True)
    return (find, *map(text, writes))


_WRITES: Final = {
    (dialect, with_intervals): _statements(dialect, with_intervals=with_intervals)
    for dialect in ("postgresql", "sqlite")
    for with_intervals in (True, False)
}


def lock_devices(connection: Connection, given: str) -> None:
    """Wait until no other transaction writes evidence or states of the given devices. On SQLite, one writes at a time anyway.

    given: a JSON object, whose names are their MAC addresses.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"given": given})


def write_states(connection: Connection, given: str, intervals: ExpectedIntervals, now: datetime) -> None:
    """Work out the states of devices, and store those that differ. `lock_devices` has locked them.

    given: a JSON object that has for each MAC address the kind of evidence that was just written, null where its
        document may have changed.
    """
    dialect = connection.dialect.name
    find, *writes = _WRITES[dialect, bool(intervals)]
    values: dict[str, object] = {"given": given, "now": micros(now)}
    if intervals:
        values["intervals"] = json.dumps(
            {tag: interval // MICROSECOND for tag, interval in intervals.by_tag.items()}
        )
    if dialect == "sqlite":
        connection.execute(_CREATE)
        connection.execute(_CLEAR)
    if connection.execute(find, values).rowcount:
        for statement in writes:
            connection.execute(statement, values)
