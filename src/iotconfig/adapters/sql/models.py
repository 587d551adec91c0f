"""Models of devices in SQL: at most 200 rows, and those of deleted ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from attrs import asdict, field, frozen
from sqlalchemy import Connection, Row, bindparam, false, func, select

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.models.budget import Budget
from iotconfig.domain.models.changes import ModelChange
from iotconfig.domain.models.model import DeviceModel, Mode, ModelRules

from .announcing import signal_commit
from .change_log import MODEL, log
from .engine.dialects import ByDialect, insert_into
from .gate import SeenLayers
from .layers import raise_generation
from .tables import UtcDateTime, changes, models

_LOCK_KEY: Final = 0x696F7463_6D6F6473
"""`iotcmods` in ASCII: the number of the advisory lock in a PostgreSQL database."""

_NAME: Final = bindparam("name_", type_=models.c.name.type)
_GET: Final = select(models).where(models.c.name == _NAME, models.c.deleted == false())
_ALL: Final = select(models).where(models.c.deleted == false()).order_by(models.c.name)
_LAST_REVISION: Final = select(models.c.revision).where(models.c.name == _NAME)
_LOGGED: Final = {
    "mac_address": bindparam("log_subject", type_=changes.c.subject.type),
    "operation": bindparam("log_operation", type_=changes.c.operation.type),
    "revision": bindparam("log_revision", type_=changes.c.revision.type),
    "updated_at": bindparam("log_at", type_=UtcDateTime()),
}
_WRITE: Final = {
    "change": bindparam("log_change", type_=changes.c.change.type),
    "author": bindparam("log_author", type_=changes.c.author.type),
    "message": bindparam("log_message", type_=changes.c.message.type),
}
_LOG: Final = ByDialect(lambda dialect: log(dialect, _LOGGED, _WRITE, MODEL))


def _store(dialect: str) -> Any:
    """Insert a row, or replace the one that is there."""
    adding = insert_into(dialect, models)
    return adding.on_conflict_do_update(
        index_elements=[models.c.name],
        set_={column.name: adding.excluded[column.name] for column in models.c if column.name != "name"},
    )


_STORE: Final = ByDialect(_store)


@frozen
class SqlModelRepository:
    """`ModelRepository` over one connection."""

    _connection: Connection
    _change_id: str = ""
    _seen: SeenLayers = field(factory=SeenLayers)

    def get(self, name: str) -> DeviceModel | None:
        row = self._connection.execute(_GET, {"name_": name}).one_or_none()
        return None if row is None else _model(row)

    def all(self) -> Sequence[DeviceModel]:
        return [_model(row) for row in self._connection.execute(_ALL)]

    def last_revision(self, name: str) -> int:
        return int(self._connection.execute(_LAST_REVISION, {"name_": name}).scalar_one_or_none() or 0)

    def lock(self) -> None:
        # On SQLite, the transaction holds the one write lock.
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))

    def record(self, change: ModelChange, note: ChangeNote) -> str:
        self._seen.is_changing = True
        model, dialect = change.model, self._connection.dialect.name
        self._connection.execute(_STORE[dialect], _row(model, deleted=change.is_deletion))
        logged = {
            "log_subject": model.name,
            "log_operation": change.operation.value,
            "log_revision": model.revision,
            "log_at": model.updated_at,
            "log_change": self._change_id,
            "log_author": note.author,
            "log_message": note.message,
        }
        self._connection.execute(_LOG[dialect], logged)
        raise_generation(self._connection)
        signal_commit(self._connection)
        return self._change_id


def _row(model: DeviceModel, *, deleted: bool) -> dict[str, object]:
    rules = model.rules
    limits = asdict(rules.budget, filter=lambda _, limit: limit is not None)
    return {
        "name": model.name,
        "revision": model.revision,
        "mode": rules.mode.value,
        "budget": json.dumps(limits),
        "deleted": deleted,
        "created_at": model.created_at,
        "updated_at": model.updated_at,
        "schema": rules.schema,
    }


def _model(row: Row[Any]) -> DeviceModel:
    return DeviceModel(
        name=row.name,
        rules=ModelRules(row.schema, Budget(**json.loads(row.budget)), Mode(row.mode)),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
