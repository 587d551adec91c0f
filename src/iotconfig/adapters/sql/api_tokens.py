"""API tokens in SQL: one row each, never deleted, so that no name is given twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from attrs import asdict, frozen
from sqlalchemy import Row, bindparam, or_, select, update

from iotconfig.domain.access.api_tokens import ApiToken
from iotconfig.domain.access.principal import Role
from iotconfig.domain.errors import NameTaken

from .engine.database import Database
from .engine.dialects import ByDialect, insert_into
from .tables import api_tokens

_columns = api_tokens.c
_BY_KEY: Final = select(api_tokens).where(_columns.key == bindparam("given"))
_ADD: Final = ByDialect(
    lambda dialect: (
        insert_into(dialect, api_tokens)
        .on_conflict_do_nothing(index_elements=[_columns.name])
        .returning(_columns.name)
    )
)


@frozen
class SqlApiTokenStore:
    """`ApiTokenStore` over one database."""

    _database: Database

    def add(self, token: ApiToken) -> None:
        with self._database.writing() as connection:
            added = connection.execute(_ADD[connection.dialect.name], asdict(token)).scalar_one_or_none()
        if added is None:
            raise NameTaken(token.name)

    def find(self, key: str) -> ApiToken | None:
        with self._database.reading() as connection:
            row = connection.execute(_BY_KEY, {"given": key}).one_or_none()
        return None if row is None else _token(row)

    def all(self) -> Sequence[ApiToken]:
        with self._database.reading() as connection:
            rows = connection.execute(select(api_tokens)).all()
        # The order is independent of the database's locale.
        return sorted((_token(row) for row in rows), key=lambda token: token.name)

    def revoke(self, name: str, now: datetime) -> bool:
        statement = (
            update(api_tokens)
            .where(_columns.name == name, _columns.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount > 0

    def record_use(self, key: str, at: datetime) -> None:
        is_later = or_(_columns.last_used_at.is_(None), _columns.last_used_at < at)
        statement = update(api_tokens).where(_columns.key == key, is_later).values(last_used_at=at)
        with self._database.writing() as connection:
            connection.execute(statement)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        name=row.name,
        role=Role(row.role),
        key=row.key,
        digest=row.digest,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
