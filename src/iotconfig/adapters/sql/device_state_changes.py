"""Changes of the states of devices in SQL: a row for each, of which the newest are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, select, tuple_

from iotconfig.domain.devices.past import KEPT, PastPage, PastQuery, StateChange
from iotconfig.domain.devices.state import State

from .evidence_rows import EVIDENCE_COLUMNS, evidence_of, micros, moment_of
from .tables import device_state_changes

_columns = device_state_changes.c
_OF_EVIDENCE: Final = [name for name in EVIDENCE_COLUMNS if name != "mac_address"]
ADD_CHANGES: Final = (
    f"INSERT INTO device_state_changes (mac_address, change_number, at, state, wanted, {', '.join(_OF_EVIDENCE)})"  # noqa: S608 - names of ours
    " SELECT new_states.mac_address, change_number, coalesce(received_at, :now), state, new_states.number,"
    f" {', '.join(f'shown.{name}' for name in _OF_EVIDENCE)} FROM new_states"
    " LEFT JOIN device_evidence AS shown ON shown.mac_address = new_states.mac_address AND shown.kind = cause"
    " WHERE change_number IS NOT NULL"
)
"""Stores changes from `new_states` (`device_state_writes.py`), of each device one."""
# Each write adds one change of a device, so one is removed.
REMOVE_OLDEST: Final = (
    "DELETE FROM device_state_changes WHERE (mac_address, change_number) IN"  # noqa: S608 - names of ours
    f" (SELECT mac_address, change_number - {KEPT} FROM new_states WHERE change_number > {KEPT})"
)
"""Removes the changes that are too many then."""
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


def _change(row: Row[Any]) -> StateChange:
    return StateChange(
        row.change_number,
        moment_of(row.at),
        None if row.state is None else State(row.state),
        row.wanted,
        None if row.kind is None else evidence_of([getattr(row, name) for name in EVIDENCE_COLUMNS]),
    )
