"""Secrets in SQL: one row each, and the key of the ETags in the row of the installation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.types import String

from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.secrets.ports import ReferringContent, SealedText
from iotconfig.domain.secrets.references import MARK
from iotconfig.domain.secrets.sealing import SEALED
from iotconfig.domain.secrets.secret import Secret

from .announcing import signal_commit
from .change_log import log
from .engine.dialects import ByDialect, insert_into
from .gate import SeenLayers
from .installation import etag_key, with_installation
from .layers import raise_generation
from .tables import changes, configs, documents, secrets

_KIND: Final = literal_column(f"'{ChangeKind.SECRET.value}'", String)

_columns = secrets.c
_ALL: Final = select(secrets).order_by(_columns.name)
_FIND: Final = _ALL.where(_columns.name.in_(bindparam("names", expanding=True)))
_REMOVE: Final = delete(secrets).where(_columns.name == bindparam("given"))
_REENCRYPT: Final = (
    update(secrets).where(_columns.name == bindparam("given")).values(ciphertext=bindparam("other"))
)
_SEALED: Final = (
    select(documents.c.mac_address, documents.c.body)
    .where(documents.c.mac_address > bindparam("after"), documents.c.body.startswith(SEALED))
    .order_by(documents.c.mac_address)
    .limit(bindparam("limit"))
)
_RESEAL: Final = (
    update(documents)
    .where(documents.c.mac_address == bindparam("mac"), documents.c.body == bindparam("old"))
    .values(body=bindparam("other"))
)
_POSITION: Final = {"postgresql": "strpos", "sqlite": "instr"}


def may_refer(dialect: str, content: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a content has the characters that each reference to a secret has."""
    found: ColumnElement[bool] = getattr(func, _POSITION[dialect])(content, MARK) > 0
    return found


def _referring(dialect: str) -> Select[Any]:
    """The contents that may refer to secrets; a partial index has them, whose condition is the first one here."""
    position = _POSITION[dialect]
    return (
        select(configs.c.mac_address, configs.c.content)
        .where(
            text(f"""{position}(content, '"$secret"') > 0"""),
            configs.c.mac_address > bindparam("after"),
            getattr(func, position)(configs.c.content, bindparam("word", type_=String)) > 0,
        )
        .order_by(configs.c.mac_address)
        .limit(bindparam("limit"))
    )


def _set(dialect: str) -> Any:
    adding = insert_into(dialect, secrets)
    return adding.on_conflict_do_update(
        index_elements=[_columns.name],
        set_={name: adding.excluded[name] for name in ("ciphertext", "revision", "updated_at")},
    )


def _logged(dialect: str) -> Insert:
    given = {
        name: bindparam(f"new_{name}", type_=column.type)
        for name, column in {
            "mac_address": changes.c.subject,
            "operation": changes.c.operation,
            "revision": changes.c.revision,
            "updated_at": changes.c.created_at,
            "change": changes.c.change,
            "author": changes.c.author,
            "message": changes.c.message,
        }.items()
    }
    return log(dialect, given, given, _KIND)


_REFERRING: Final = ByDialect(_referring)
_SET: Final = ByDialect(_set)
_LOG: Final = ByDialect(_logged)


@frozen
class SqlSecretRepository:
    """`SecretRepository` over one connection."""

    _connection: Connection
    _change_id: str = ""
    _seen: SeenLayers = field(factory=SeenLayers)

    def find(self, names: Collection[str]) -> Sequence[Secret]:
        return [_secret(row) for row in self._connection.execute(_FIND, {"names": [*names]})]

    def all(self) -> Sequence[Secret]:
        return [_secret(row) for row in self._connection.execute(_ALL)]

    def referring(self, name: str | None, after: MacAddress | None, limit: int) -> Sequence[ReferringContent]:
        given = {
            "word": '"$secret"' if name is None else f'"{name}"',
            "after": "" if after is None else str(after),
            "limit": limit,
        }
        rows = self._connection.execute(_REFERRING[self._connection.dialect.name], given)
        return [ReferringContent(MacAddress(mac_address), content) for mac_address, content in rows]

    def etag_key(self) -> bytes:
        return etag_key(self._connection)

    def set(self, secret: Secret, note: ChangeNote, now: datetime) -> str:
        with_installation(self._connection)
        self._connection.execute(_SET[self._connection.dialect.name], _row(secret))
        return self._log(secret, Operation.CREATE if secret.revision == 1 else Operation.UPDATE, note, now)

    def remove(self, secret: Secret, note: ChangeNote, now: datetime) -> str:
        self._connection.execute(_REMOVE, {"given": secret.name})
        return self._log(secret, Operation.DELETE, note, now)

    def reencrypt(self, secret: Secret) -> None:
        self._connection.execute(_REENCRYPT, {"given": secret.name, "other": secret.ciphertext})

    def sealed(self, after: MacAddress | None, limit: int) -> Sequence[SealedText]:
        given = {"after": "" if after is None else str(after), "limit": limit}
        rows = self._connection.execute(_SEALED, given)
        return [SealedText(MacAddress(mac_address), body) for mac_address, body in rows]

    def reseal(self, documents: Sequence[tuple[SealedText, str]]) -> None:
        given = [{"mac": str(old.mac_address), "old": old.text, "other": other} for old, other in documents]
        if given:
            self._connection.execute(_RESEAL, given)

    def _log(self, secret: Secret, operation: Operation, note: ChangeNote, now: datetime) -> str:
        given = {
            "new_mac_address": secret.name,
            "new_operation": operation.value,
            "new_revision": secret.revision,
            "new_updated_at": now,
            "new_change": self._change_id,
            "new_author": note.author,
            "new_message": note.message,
        }
        self._connection.execute(_LOG[self._connection.dialect.name], given)
        raise_generation(self._connection)
        self._seen.is_changing = True
        signal_commit(self._connection)
        return self._change_id


def _row(secret: Secret) -> dict[str, object]:
    return {
        "name": secret.name,
        "ciphertext": secret.ciphertext,
        "revision": secret.revision,
        "created_at": secret.created_at,
        "updated_at": secret.updated_at,
    }


def _secret(row: Row[Any]) -> Secret:
    return Secret(row.name, row.ciphertext, row.revision, row.created_at, row.updated_at)
