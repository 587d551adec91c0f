"""How long devices take to run a new document, in SQL: one statement for a batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen
from sqlalchemy import BigInteger, String, text

from iotconfig.domain.devices.delays import Delay, measured
from iotconfig.domain.devices.evidence import Evidence, Kind

from .engine.database import Database
from .given_rows import given_rows
from .tables import UtcDateTime

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_GIVEN: Final = given_rows(
    {"mac_address": "text", "kind": "text", "etag": "text", "number": "bigint", "received_at": "bigint"}
)
_FIRST: Final = {
    dialect: text(
        f"SELECT given.kind, given.received_at, configs.updated_at FROM {given}"  # noqa: S608 - names of ours
        " JOIN documents ON documents.mac_address = given.mac_address"
        " AND documents.number = given.number AND documents.etag = given.etag"
        " JOIN configs ON configs.mac_address = given.mac_address"
        " WHERE NOT EXISTS (SELECT 1 FROM device_evidence AS stored WHERE stored.mac_address = given.mac_address"
        " AND stored.kind = given.kind AND stored.number = given.number AND stored.etag = given.etag)"
    ).columns(kind=String, received_at=BigInteger, updated_at=UtcDateTime)
    for dialect, given in _GIVEN.items()
}


@frozen
class SqlDelayReader:
    """`DelayReader` over one database."""

    _database: Database

    def delays(self, batch: Sequence[Evidence]) -> Sequence[Delay]:
        rows = [
            {
                "mac_address": str(each.mac_address),
                "kind": each.kind.value,
                "etag": each.etag,
                "number": each.number,
                "received_at": (each.received_at - _EPOCH) // _MICROSECOND,
            }
            for each in measured(batch)
        ]
        if not rows:
            return ()
        with self._database.reading() as connection:
            found = connection.execute(_FIRST[connection.dialect.name], {"rows": json.dumps(rows)}).all()
        return [
            Delay.between(Kind(row.kind), row.updated_at, _EPOCH + row.received_at * _MICROSECOND)
            for row in found
        ]
