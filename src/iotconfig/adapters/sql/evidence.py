"""Evidence about devices in SQL: one row for each kind about each MAC address, written by set-based statements."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Row, TextClause, bindparam, select, text

from iotconfig.domain.devices.evidence import RENEWED_EVERY, Evidence, Kind, Newest, newest_of_each
from iotconfig.domain.devices.news import DeviceNews
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.past import PastPage, PastQuery
from iotconfig.domain.devices.ports import ObservedPage
from iotconfig.domain.devices.reports import firmware_of
from iotconfig.domain.devices.silence import NO_INTERVALS, ExpectedIntervals
from iotconfig.domain.devices.state import Wanted
from iotconfig.domain.devices.status import DeviceCounts, DeviceQuery, FormerDevice, FormerPage
from iotconfig.domain.devices.why import last_seen
from iotconfig.domain.mac import MacAddress, in_order

from .device_lists import DEVICE, counts_of, former_of, page_of
from .device_state_changes import count_older, past_of, remove_older
from .device_state_writes import lock_devices, write_states
from .device_states import changed_between, settled
from .engine.database import Database
from .evidence_rows import EVIDENCE_COLUMNS, MICROSECOND, evidence_of, row_of
from .given_rows import given_rows
from .labels import labels_of
from .tables import device_evidence, documents

_AT_ONCE: Final = 1000
"""Rows of one statement."""
_columns = device_evidence.c
_ONE: Final = DEVICE.where(documents.c.mac_address == bindparam("given"))
_ALL: Final = DEVICE.where(documents.c.mac_address.in_(bindparam("given", expanding=True)))
_EVIDENCE: Final = select(device_evidence).where(
    _columns.mac_address.between(bindparam("first"), bindparam("last"))
)

_OF_DEVICES: Final = {
    # A list, and no span: the devices of a filter lie far apart.
    dialect: text(
        f"SELECT {', '.join(f'device_evidence.{name}' for name in EVIDENCE_COLUMNS)} FROM {given} JOIN device_evidence ON device_evidence.mac_address = given.value"  # noqa: S608 - names of ours
    )
    for dialect, given in (
        ("postgresql", "json_array_elements_text(CAST(:given AS json)) AS given(value)"),
        ("sqlite", "json_each(:given) AS given"),
    )
}

_NAMES: Final = EVIDENCE_COLUMNS
_NUMBERS: Final = ("number", "received_at", "etag_number", "report_number")
_GIVEN: Final = given_rows({name: "bigint" if name in _NUMBERS else "text" for name in _NAMES})
_BYTE_WISE: Final = {"postgresql": ' COLLATE "C"', "sqlite": ""}
_SAID: Final = ("pointer", "reason", "firmware")
_ONLY_OFFERED: Final = {Kind.OFFERED}


def _ranked(row: str, dialect: str) -> str:
    """`Evidence.rank` of a row."""
    said = (f"coalesce({row}.{name}, ''){_BYTE_WISE[dialect]}" for name in _SAID)
    return f"({row}.number, {row}.received_at, {row}.etag{_BYTE_WISE[dialect]}, {', '.join(said)})"


_IS_OTHER: Final = " OR ".join(
    f"coalesce(excluded.{name}, '') <> coalesce(stored.{name}, '')" for name in ("etag", "proof", *_SAID)
)
_IS_WORTH_WRITING: Final = (
    f" AND (excluded.number <> stored.number OR {_IS_OTHER}"  # noqa: S608 - names of ours
    f" OR excluded.received_at - stored.received_at >= {RENEWED_EVERY // MICROSECOND}"
    " OR EXISTS (SELECT 1 FROM device_evidence AS other WHERE other.mac_address = stored.mac_address"
    " AND other.received_at > stored.received_at))"
)


def _upsert(dialect: str, *, always: bool) -> TextClause:
    """The statement that writes rows that are newer; unless `always`, only if `is_worth_writing` says so."""
    changed = ", ".join(
        f"{name} = excluded.{name}" for name in _NAMES if name not in ("mac_address", "kind", "etag_number")
    )
    kept_number = (
        "etag_number = CASE WHEN excluded.etag = stored.etag"
        " THEN coalesce(excluded.etag_number, stored.etag_number) ELSE excluded.etag_number END"
    )
    return text(
        f"INSERT INTO device_evidence AS stored ({', '.join(_NAMES)})"  # noqa: S608 - names of ours
        # The condition tells SQLite that ON does not belong to a join.
        f" SELECT {', '.join(f'given.{name}' for name in _NAMES)} FROM {_GIVEN[dialect]} WHERE 1 = 1"
        f" ON CONFLICT (mac_address, kind) DO UPDATE SET {changed}, {kept_number}"
        f" WHERE {_ranked('excluded', dialect)} > {_ranked('stored', dialect)}"
        f"{'' if always else _IS_WORTH_WRITING} RETURNING mac_address, kind"
    )


_UPSERTS: Final = {
    (dialect, always): _upsert(dialect, always=always) for dialect in _GIVEN for always in (True, False)
}


@frozen
class SqlEvidenceStore:
    """`EvidenceStore` over one database."""

    _database: Database
    _intervals: ExpectedIntervals = NO_INTERVALS
    """How often devices are expected to show a sign of life."""

    def write(self, batch: Sequence[Evidence]) -> None:
        found = newest_of_each(batch)
        # In one order, so that two writers do not wait for each other.
        order = in_order(found)
        devices = [found[mac_address] for mac_address in order]
        alone = (next(iter(kinds.values())) for kinds in devices if len(kinds) == 1)
        together = (kinds[kind] for kinds in devices if len(kinds) > 1 for kind in sorted(kinds))
        statements = [
            *((rows, False) for rows in _encoded(alone)),
            *((rows, True) for rows in _encoded(together)),
        ]
        if not statements:
            return
        now = max(evidence.received_at for evidence in batch)
        # What was announced to a device does not change its state.
        judged = [
            mac_address.canonical
            for mac_address, kinds in zip(order, devices, strict=True)
            if kinds.keys() != _ONLY_OFFERED
        ]
        with self._database.writing() as connection:
            if judged:
                # The relay, which writes what it announced, does not wait for those that write reports.
                lock_devices(connection, json.dumps(dict.fromkeys(judged)))
            written: dict[str, list[str]] = {}
            for rows, always in statements:
                statement = _UPSERTS[connection.dialect.name, always]
                # All at once: SQLAlchemy asks the driver for each row of an iteration.
                for mac_address, kind in connection.execute(statement, {"rows": rows}).all():
                    written.setdefault(mac_address, []).append(kind)
            changed = {
                mac_address: _last(found[MacAddress(mac_address)], written[mac_address])
                for mac_address in judged
                if mac_address in written
            }
            if changed:
                write_states(connection, json.dumps(changed), self._intervals, now)

    def find(self, mac_address: MacAddress) -> ObservedDevice | None:
        with self._database.reading() as connection:
            device = connection.execute(_ONE, {"given": str(mac_address)}).one_or_none()
            if device is None:
                return None
            given = {"first": str(mac_address), "last": str(mac_address)}
            rows = connection.execute(_EVIDENCE, given).all()
            return self._observed(device, {each.kind: each for each in map(evidence_of, rows)})

    def find_all(self, mac_addresses: Collection[MacAddress]) -> Sequence[ObservedDevice]:
        if not mac_addresses:
            return []
        given = [str(mac_address) for mac_address in mac_addresses]
        with self._database.reading() as connection:
            devices = connection.execute(_ALL, {"given": given}).all()
            newest = _newest_of(connection, given)
        return [self._observed(device, newest.get(device.mac_address, {})) for device in devices]

    def page(self, query: DeviceQuery, now: datetime) -> ObservedPage:
        with self._database.reading() as connection:
            found = page_of(connection, query)
            devices = found[: query.limit]
            newest = _newest_of(connection, [device.mac_address for device in devices])
        observed = [self._observed(device, newest.get(device.mac_address, {})) for device in devices]
        return ObservedPage(
            [device for device in observed if device.is_listed(query, now)],
            observed[-1].mac_address if len(found) > query.limit else None,
        )

    def counts(self, query: DeviceQuery, now: datetime) -> DeviceCounts:
        with self._database.reading() as connection:
            return counts_of(connection, query)

    def former(self, after: MacAddress | None, limit: int) -> FormerPage:
        with self._database.reading() as connection:
            rows = former_of(connection, "" if after is None else str(after), limit + 1)
            newest = _newest_of(connection, [row.mac_address for row in rows])
        devices = tuple(
            FormerDevice(
                MacAddress(row.mac_address),
                None if row.replaced_by is None else MacAddress(row.replaced_by),
                last_seen(newest.get(row.mac_address, {})),
                firmware_of(newest.get(row.mac_address, {})),
            )
            for row in rows[:limit]
        )
        return FormerPage(devices, devices[-1].mac_address if len(rows) > limit else None)

    def past(self, query: PastQuery) -> PastPage:
        with self._database.reading() as connection:
            return past_of(connection, query)

    def news(self, after: int | None, limit: int) -> DeviceNews[ObservedDevice]:
        with self._database.reading() as connection:
            mark = settled(connection)
            changed = () if after is None else changed_between(connection, after, mark, limit + 1)
        if len(changed) > limit:
            return DeviceNews(mark, are_too_many=True)
        return DeviceNews(mark, self.find_all(changed) if changed else ())

    def prunable(self, older_than: datetime) -> int:
        with self._database.reading() as connection:
            return count_older(connection, older_than)

    def prune(self, older_than: datetime, limit: int) -> int:
        with self._database.writing() as connection:
            return remove_older(connection, older_than, limit)

    def _observed(self, device: Row[Any], newest: Newest) -> ObservedDevice:
        labels = labels_of(device)
        return ObservedDevice(
            MacAddress(device.mac_address),
            device.device_name,
            Wanted(device.number, device.etag),
            newest,
            labels,
            self._intervals.of(labels.tags),
        )


def _newest_of(connection: Connection, mac_addresses: Sequence[str]) -> dict[str, dict[Kind, Evidence]]:
    """The newest evidence of each kind, by device."""
    found: dict[str, dict[Kind, Evidence]] = {}
    if mac_addresses:
        given = {"given": json.dumps(mac_addresses)}
        for row in connection.execute(_OF_DEVICES[connection.dialect.name], given):
            evidence = evidence_of(row)
            found.setdefault(row[0], {})[evidence.kind] = evidence
    return found


def _last(kinds: Newest, written: Sequence[str]) -> str:
    """The kind of the evidence that was received last, of that which was written."""
    if len(written) == 1:
        return written[0]
    return max(written, key=lambda kind: kinds[Kind(kind)].order)


def _encoded(evidence: Iterator[Evidence]) -> Iterator[str]:
    """The rows of each statement, as JSON: one parameter for any number of rows."""
    while rows := [row_of(each) for each in islice(evidence, _AT_ONCE)]:
        yield json.dumps(rows)
