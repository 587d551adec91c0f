"""Evidence about devices in SQL: one row for each kind about each MAC address, written by set-based statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, Select, TextClause, bindparam, select, text

from iotconfig.domain.devices.evidence import RENEWED_EVERY, Evidence, Kind, Proof, newest_of_each
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.state import Wanted
from iotconfig.domain.mac import MacAddress

from .engine.database import Database
from .tables import device_evidence, documents

_AT_ONCE: Final = 1000
"""Rows of one statement."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_columns = device_evidence.c
_DEVICE: Final[Select[Any]] = select(
    documents.c.mac_address, documents.c.device_name, documents.c.number, documents.c.etag
)
_ONE: Final = _DEVICE.where(documents.c.mac_address == bindparam("given"))
_FIRST: Final = _DEVICE.order_by(documents.c.mac_address).limit(bindparam("limit"))
_NEXT: Final = _FIRST.where(documents.c.mac_address > bindparam("given"))
_EVIDENCE: Final = select(device_evidence).where(
    _columns.mac_address.between(bindparam("first"), bindparam("last"))
)

_NAMES: Final = tuple(column.name for column in device_evidence.columns)
_TYPES: Final = {
    "number": "bigint",
    "received_at": "bigint",
    "etag_number": "bigint",
    "report_number": "bigint",
}
_GIVEN: Final = {
    "postgresql": "json_to_recordset(CAST(:rows AS json)) AS given("
    + ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _NAMES)
    + ")",
    "sqlite": "(SELECT "  # noqa: S608 - names of ours
    + ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in _NAMES)
    + " FROM json_each(:rows)) AS given",
}
_BYTE_WISE: Final = {"postgresql": ' COLLATE "C"', "sqlite": ""}
_SAID: Final = ("pointer", "reason", "firmware")


def _ranked(row: str, dialect: str) -> str:
    """`Evidence.rank` of a row."""
    said = (f"coalesce({row}.{name}, ''){_BYTE_WISE[dialect]}" for name in _SAID)
    return f"({row}.number, {row}.received_at, {row}.etag{_BYTE_WISE[dialect]}, {', '.join(said)})"


_IS_OTHER: Final = " OR ".join(
    f"coalesce(excluded.{name}, '') <> coalesce(stored.{name}, '')" for name in ("etag", "proof", *_SAID)
)
_IS_WORTH_WRITING: Final = (
    f" AND (excluded.number <> stored.number OR {_IS_OTHER}"  # noqa: S608 - names of ours
    f" OR excluded.received_at - stored.received_at >= {RENEWED_EVERY // _MICROSECOND}"
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
        f"{'' if always else _IS_WORTH_WRITING}"
    )


_UPSERTS: Final = {
    (dialect, always): _upsert(dialect, always=always) for dialect in _GIVEN for always in (True, False)
}


@frozen
class SqlEvidenceStore:
    """`EvidenceStore` over one database."""

    _database: Database

    def write(self, batch: Sequence[Evidence]) -> None:
        found = newest_of_each(batch)
        # In one order, so that two writers do not wait for each other.
        devices = [found[mac_address] for mac_address in sorted(found, key=str)]
        alone = (next(iter(kinds.values())) for kinds in devices if len(kinds) == 1)
        together = (kinds[kind] for kinds in devices if len(kinds) > 1 for kind in sorted(kinds))
        statements = [
            *((rows, False) for rows in _encoded(alone)),
            *((rows, True) for rows in _encoded(together)),
        ]
        if not statements:
            return
        with self._database.writing() as connection:
            for rows, always in statements:
                connection.execute(_UPSERTS[connection.dialect.name, always], {"rows": rows})

    def find(self, mac_address: MacAddress) -> ObservedDevice | None:
        with self._database.reading() as connection:
            device = connection.execute(_ONE, {"given": str(mac_address)}).one_or_none()
            if device is None:
                return None
            given = {"first": str(mac_address), "last": str(mac_address)}
            return _observed(device, connection.execute(_EVIDENCE, given).all())

    def page(self, after: MacAddress | None, limit: int) -> Sequence[ObservedDevice]:
        given = {"given": str(after), "limit": limit} if after is not None else {"limit": limit}
        with self._database.reading() as connection:
            devices = connection.execute(_FIRST if after is None else _NEXT, given).all()
            if not devices:
                return []
            span = {"first": devices[0].mac_address, "last": devices[-1].mac_address}
            rows = connection.execute(_EVIDENCE, span).all()
        by_device: dict[str, list[Row[Any]]] = {}
        for row in rows:
            by_device.setdefault(row.mac_address, []).append(row)
        return [_observed(device, by_device.get(device.mac_address, ())) for device in devices]


def _encoded(evidence: Iterator[Evidence]) -> Iterator[str]:
    """The rows of each statement, as JSON: one parameter for any number of rows."""
    while rows := [_row(each) for each in islice(evidence, _AT_ONCE)]:
        yield json.dumps(rows)


def _row(evidence: Evidence) -> Mapping[str, object]:
    return {
        "mac_address": str(evidence.mac_address),
        "kind": evidence.kind.value,
        "etag": evidence.etag,
        "number": evidence.number,
        "received_at": (evidence.received_at - _EPOCH) // _MICROSECOND,
        "source": evidence.source,
        "proof": evidence.proof.value,
        "etag_number": evidence.etag_number,
        "pointer": evidence.pointer,
        "reason": evidence.reason,
        "firmware": evidence.firmware,
        "report_number": evidence.report_number,
    }


def _observed(device: Row[Any], rows: Sequence[Row[Any]]) -> ObservedDevice:
    newest = {evidence.kind: evidence for evidence in map(_evidence, rows)}
    wanted = Wanted(device.number, device.etag)
    return ObservedDevice(MacAddress(device.mac_address), device.device_name, wanted, newest)


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(
        MacAddress(row.mac_address),
        Kind(row.kind),
        row.etag,
        row.number,
        _EPOCH + timedelta(microseconds=row.received_at),
        row.source,
        Proof(row.proof),
        row.etag_number,
        row.pointer,
        row.reason,
        row.firmware,
        row.report_number,
    )
