"""Changes of the states of devices in SQL: a row for each, of which the newest are kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Row, bindparam, delete, func, select, text, tuple_

from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.devices.past import KEPT, PastPage, PastQuery, StateChange
from iotconfig.domain.devices.state import State

from .evidence_rows import EVIDENCE_COLUMNS, evidence_of, micros, moment_of, row_of
from .given_rows import given_rows
from .tables import device_state_changes

_columns = device_state_changes.c
_GIVEN_COLUMNS: Final = {
    column.name: "text" if column.type.python_type is str else "bigint"
    for column in device_state_changes.columns
    if column.name != "change_number"
}
_GIVEN: Final = given_rows(_GIVEN_COLUMNS)
_LAST: Final = (
    "(SELECT coalesce(max(stored.change_number), 0) FROM device_state_changes AS stored"
    " WHERE stored.mac_address = given.mac_address)"
)
_ADD: Final = {
    dialect: text(
        f"INSERT INTO device_state_changes (change_number, {', '.join(_GIVEN_COLUMNS)})"  # noqa: S608 - names of ours
        f" SELECT {_LAST} + 1, {', '.join(_GIVEN_COLUMNS)} FROM {rows}"
    )
    for dialect, rows in _GIVEN.items()
}
# Each write adds one change of a device, so one is removed.
_REMOVE_OLDEST: Final = {
    dialect: text(
        "DELETE FROM device_state_changes WHERE (mac_address, change_number) IN"  # noqa: S608 - names of ours
        f" (SELECT given.mac_address, {_LAST} - {KEPT} FROM {rows})"
    )
    for dialect, rows in _GIVEN.items()
}
_PAGE: Final = (
    select(device_state_changes)
    .where(_columns.mac_address == bindparam("given"))
    .order_by(_columns.change_number.desc())
    .limit(bindparam("limit"))
)
_BEFORE: Final = _PAGE.where(_columns.change_number < bindparam("before"))
_IS_OLDER: Final = _columns.at < bindparam("older_than")
_COUNT_OLDER: Final = select(func.count()).select_from(device_state_changes).where(_IS_OLDER)
_KEY: Final = (_columns.mac_address, _columns.change_number)
_REMOVE_OLDER: Final = delete(device_state_changes).where(
    tuple_(*_KEY).in_(select(*_KEY).where(_IS_OLDER).order_by(_columns.at).limit(bindparam("limit")))
)


@frozen
class NewState:
    """A change of a device's state that is to be stored."""

    mac_address: str
    at: datetime
    state: str | None
    wanted: int | None
    evidence: Evidence | None


def add_changes(connection: Connection, changes: Sequence[NewState]) -> None:
    """Store changes of devices, of each device one, and remove those that are too many."""
    if not changes:
        return
    rows = json.dumps([_row(change) for change in changes])
    connection.execute(_ADD[connection.dialect.name], {"rows": rows})
    connection.execute(_REMOVE_OLDEST[connection.dialect.name], {"rows": rows})


def past_of(connection: Connection, query: PastQuery) -> PastPage:
    """`EvidenceStore.past`."""
    given: dict[str, object] = {"given": str(query.mac_address), "limit": query.limit + 1}
    if query.before is None:
        rows = connection.execute(_PAGE, given).all()
    else:
        rows = connection.execute(_BEFORE, {**given, "before": query.before}).all()
    changes = tuple(_change(row) for row in rows[: query.limit])
    return PastPage(changes, changes[-1].number if len(rows) > query.limit else None)


def count_older(connection: Connection, older_than: datetime) -> int:
    """`EvidenceStore.prunable`."""
    return int(connection.execute(_COUNT_OLDER, {"older_than": micros(older_than)}).scalar_one())


def remove_older(connection: Connection, older_than: datetime, limit: int) -> int:
    """`EvidenceStore.prune`."""
    return connection.execute(_REMOVE_OLDER, {"older_than": micros(older_than), "limit": limit}).rowcount


def _row(change: NewState) -> dict[str, object]:
    evidence = {} if change.evidence is None else row_of(change.evidence)
    return {
        **evidence,
        "mac_address": change.mac_address,
        "at": micros(change.at),
        "state": change.state,
        "wanted": change.wanted,
    }


def _change(row: Row[Any]) -> StateChange:
    return StateChange(
        row.change_number,
        moment_of(row.at),
        None if row.state is None else State(row.state),
        row.wanted,
        None if row.kind is None else evidence_of([getattr(row, name) for name in EVIDENCE_COLUMNS]),
    )
