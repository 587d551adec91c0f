"""The last messages of devices in SQL: one row for each device that has said something over the broker."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, bindparam, delete, exists, select

from iotconfig.domain.devices.incoming import LastMessages
from iotconfig.domain.devices.presence import Presence
from iotconfig.domain.mac import MacAddress

from .engine.database import Database
from .engine.dialects import ByDialect, insert_into
from .tables import last_messages

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_columns = last_messages.c
_NAMES: Final = tuple(column.name for column in last_messages.columns if not column.primary_key)
_OF: Final = select(last_messages).where(_columns.mac_address.in_(bindparam("given", expanding=True)))
_REMOVE: Final = delete(last_messages).where(_columns.mac_address.in_(bindparam("given", expanding=True)))
_HAS_UNKEPT: Final = select(exists().where(~_columns.is_kept))


def _upsert(dialect: str) -> Any:
    adding = insert_into(dialect, last_messages)
    return adding.on_conflict_do_update(
        index_elements=[_columns.mac_address], set_={name: adding.excluded[name] for name in _NAMES}
    )


_UPSERT: Final = ByDialect(_upsert)


@frozen
class SqlLastMessageStore:
    """`LastMessageStore` over one database."""

    _database: Database

    def of(self, mac_addresses: Collection[MacAddress]) -> Mapping[MacAddress, LastMessages]:
        if not mac_addresses:
            return {}
        given = {"given": [str(mac_address) for mac_address in mac_addresses]}
        with self._database.reading() as connection:
            found = map(_last, connection.execute(_OF, given))
            return {last.mac_address: last for last in found}

    def write(self, messages: Sequence[LastMessages]) -> None:
        # In one order, so that two writers do not wait for each other.
        ordered = sorted(messages, key=lambda last: last.mac_address)
        kept = [_row(last) for last in ordered if not last.is_empty]
        empty = [str(last.mac_address) for last in ordered if last.is_empty]
        with self._database.writing() as connection:
            if kept:
                connection.execute(_UPSERT[connection.dialect.name], kept)
            if empty:
                connection.execute(_REMOVE, {"given": empty})

    def has_unkept(self) -> bool:
        with self._database.reading() as connection:
            return bool(connection.execute(_HAS_UNKEPT).scalar_one())


def _row(last: LastMessages) -> dict[str, object]:
    presence = last.presence
    return {
        "mac_address": str(last.mac_address),
        "report": last.report,
        "reported_at": _number(last.reported_at),
        "is_online": None if presence is None else presence.is_online,
        "changed_at": None if presence is None else _number(presence.changed_at),
        "seen_at": None if presence is None else _number(presence.seen_at),
        "is_kept": last.is_kept,
    }


def _last(row: Row[Any]) -> LastMessages:
    presence = None
    if row.is_online is not None:
        presence = Presence(row.is_online, _EPOCH + row.changed_at * _MICROSECOND, _moment(row.seen_at))
    return LastMessages(
        MacAddress(row.mac_address), row.report, _moment(row.reported_at), presence, row.is_kept
    )


def _number(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _moment(number: int | None) -> datetime | None:
    return None if number is None else _EPOCH + number * _MICROSECOND
