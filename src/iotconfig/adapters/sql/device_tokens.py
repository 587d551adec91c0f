"""Device tokens in SQL: one row for each device that has one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, bindparam, delete, select

from iotconfig.domain.devices.tokens import DeviceToken
from iotconfig.domain.mac import MacAddress

from .engine.database import Database
from .engine.dialects import insert_into
from .tables import device_tokens

_columns = device_tokens.c
_BY_MAC: Final = select(device_tokens).where(_columns.mac_address == bindparam("given"))
_OWNERS: Final = select(_columns.mac_address).where(
    _columns.mac_address.in_(bindparam("given", expanding=True))
)


@frozen
class SqlDeviceTokenStore:
    """`DeviceTokenStore` over one database."""

    _database: Database

    def add(self, token: DeviceToken) -> bool:
        with self._database.writing() as connection:
            statement = insert_into(connection.dialect.name, device_tokens).on_conflict_do_nothing()
            added = connection.execute(statement.returning(_columns.mac_address), _row(token))
            return added.scalar_one_or_none() is not None

    def replace(self, token: DeviceToken) -> None:
        with self._database.writing() as connection:
            insert = insert_into(connection.dialect.name, device_tokens)
            given = {"digest": insert.excluded.digest, "created_at": insert.excluded.created_at}
            connection.execute(
                insert.on_conflict_do_update(index_elements=[_columns.mac_address], set_=given), _row(token)
            )

    def find(self, mac_address: MacAddress) -> DeviceToken | None:
        with self._database.serving() as connection:
            row = connection.execute(_BY_MAC, {"given": str(mac_address)}).one_or_none()
        return None if row is None else _token(row)

    def owners(self, mac_addresses: Collection[MacAddress]) -> frozenset[MacAddress]:
        given = {"given": [str(mac_address) for mac_address in mac_addresses]}
        with self._database.reading() as connection:
            return frozenset(MacAddress(found) for found in connection.execute(_OWNERS, given).scalars())

    def page(self, after: MacAddress | None, limit: int) -> Sequence[DeviceToken]:
        statement = select(device_tokens).order_by(_columns.mac_address).limit(limit)
        if after is not None:
            statement = statement.where(_columns.mac_address > str(after))
        with self._database.reading() as connection:
            return [_token(row) for row in connection.execute(statement)]

    def remove(self, mac_address: MacAddress) -> bool:
        statement = delete(device_tokens).where(_columns.mac_address == str(mac_address))
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount > 0


def _row(token: DeviceToken) -> dict[str, object]:
    return {
        "mac_address": str(token.mac_address),
        "digest": token.digest,
        "created_at": token.created_at,
    }


def _token(row: Row[Any]) -> DeviceToken:
    return DeviceToken(MacAddress(row.mac_address), row.digest, row.created_at)
