"""Lists of devices in SQL, and how many are in each state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, false, func, select, true

from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import COUNTED, DeviceCounts, DeviceQuery

from .configs import matching
from .device_state_writes import ALL_DEVICES
from .labels import LABELS
from .tables import config_labels, configs, device_counts, device_states, documents, revision_counters

_SERVED: Final = documents.join(configs, configs.c.mac_address == documents.c.mac_address)
_STATED: Final = _SERVED.join(device_states, device_states.c.mac_address == documents.c.mac_address)


def _labelled(tables: Any) -> Any:
    return tables.outerjoin(config_labels, config_labels.c.config_id == configs.c.id)


_COLUMNS: Final = (
    documents.c.mac_address,
    documents.c.device_name,
    documents.c.number,
    documents.c.etag,
    *LABELS,
)
DEVICE: Final[Select[Any]] = select(*_COLUMNS).select_from(_labelled(_SERVED))
"""A device with the columns of `ObservedDevice`, apart from its evidence."""
_BY_STATE: Final[Select[Any]] = select(*_COLUMNS).select_from(_labelled(_STATED))
_FORMER: Final[Select[Any]] = (
    select(device_states.c.mac_address, revision_counters.c.replaced_by)
    .select_from(
        device_states.join(
            revision_counters, revision_counters.c.mac_address == device_states.c.mac_address
        ).outerjoin(documents, documents.c.mac_address == device_states.c.mac_address)
    )
    .where(
        device_states.c.state.is_(None),
        documents.c.mac_address.is_(None),
        revision_counters.c.last_document_number > 0,
        device_states.c.mac_address > bindparam("after_"),
    )
    .order_by(device_states.c.mac_address)
    .limit(bindparam("limit_"))
)
_KEPT: Final = (
    select(device_counts.c.state, device_counts.c.overdue, func.sum(device_counts.c.change))
    .where(device_counts.c.tag == bindparam("tag_"))
    .group_by(device_counts.c.state, device_counts.c.overdue)
)


def former_of(connection: Connection, after: str, limit: int) -> Sequence[Row[Any]]:
    """The MAC addresses after one that had a document, with their successors; up to `limit`."""
    return connection.execute(_FORMER, {"after_": after, "limit_": limit}).all()


def page_of(connection: Connection, query: DeviceQuery) -> Sequence[Row[Any]]:
    """The rows of `DEVICE` on a page, and one more if there is a next page. It filters by stored states."""
    by_state = query.state is not None or query.overdue is not None or query.firmware is not None
    tables = (device_states, documents) if by_state else (documents,)
    statement = _filtered(_BY_STATE if by_state else DEVICE, query, connection.dialect.name)
    if query.state is not None:
        statement = statement.where(device_states.c.state == query.state.value)
    if query.overdue is not None:
        statement = statement.where(device_states.c.overdue == (true() if query.overdue else false()))
    if query.after is not None:
        # For both tables: PostgreSQL passes a range on to none but the one that it is given for.
        statement = statement.where(*(table.c.mac_address > str(query.after) for table in tables))
    # In the order of the table whose index finds the devices.
    statement = statement.order_by(tables[0].c.mac_address).limit(query.limit + 1)
    return connection.execute(statement).all()


def counts_of(connection: Connection, query: DeviceQuery) -> DeviceCounts:
    """`EvidenceStore.counts`, from the stored states."""
    tags = query.tags
    is_plain = query.text is None and query.firmware is None and query.model is None
    if is_plain and not tags.none_of and len(tags.all_of) <= 1:
        tag = tags.all_of[0] if tags.all_of else ALL_DEVICES
        return _counts(connection.execute(_KEPT, {"tag_": tag}).all(), more=False)
    some = (
        _filtered(
            select(device_states.c.state, device_states.c.overdue).select_from(_STATED),
            query,
            connection.dialect.name,
        )
        .where(device_states.c.state.is_not(None))
        .limit(COUNTED + 1)
        .subquery()
    )
    placed = select(some, func.row_number().over().label("place")).subquery()
    is_counted = placed.c.place <= COUNTED
    statement = select(placed.c.state, placed.c.overdue, func.count(), is_counted).group_by(
        placed.c.state, placed.c.overdue, is_counted
    )
    rows = connection.execute(statement).all()
    return _counts([row[:3] for row in rows if row[3]], more=not all(row[3] for row in rows))


def _filtered(statement: Select[Any], query: DeviceQuery, dialect: str) -> Select[Any]:
    """Restrict a statement to the devices with the text, the tags and the firmware of a query."""
    if query.firmware is not None:
        statement = statement.where(device_states.c.firmware == query.firmware)
    return matching(statement, ConfigQuery(query.text, tags=query.tags, model=query.model), dialect)


def _counts(rows: Sequence[Any], *, more: bool) -> DeviceCounts:
    by_state = dict.fromkeys(State, 0)
    overdue = 0
    for state, is_overdue, count in rows:
        by_state[State(state)] += int(count)
        overdue += int(count) if is_overdue else 0
    return DeviceCounts(by_state, overdue, more)
