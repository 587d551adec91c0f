"""The edits of layers that a job follows, in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Row, bindparam, select

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.mac import optional_mac_address

from .engine.dialects import ByDialect, insert_into
from .tables import recompositions

_columns = recompositions.c
_NEWEST: Final = select(recompositions).order_by(_columns.id.desc()).limit(bindparam("limit_"))
_ONE: Final = select(recompositions).where(_columns.change == bindparam("change_"))
_NEXT: Final = select(recompositions).where(_columns.finished_at.is_(None)).order_by(_columns.id).limit(1)
_PROGRESS: Final = ("done", "changed", "failed", "swept_to", "finished_at")


def _store(dialect: str) -> Any:
    adding = insert_into(dialect, recompositions)
    return adding.on_conflict_do_update(
        index_elements=[_columns.change], set_={name: adding.excluded[name] for name in _PROGRESS}
    )


_STORE: Final = ByDialect(_store)


@frozen
class SqlRecompositionRepository:
    """`RecompositionRepository` over one connection."""

    _connection: Connection

    def find(self, limit: int) -> Sequence[Recomposition]:
        rows = self._connection.execute(_NEWEST, {"limit_": max(0, limit)})
        return [_recomposition(row) for row in rows]

    def get(self, change: str) -> Recomposition | None:
        row = self._connection.execute(_ONE, {"change_": change}).one_or_none()
        return None if row is None else _recomposition(row)

    def next(self) -> Recomposition | None:
        row = self._connection.execute(_NEXT).one_or_none()
        return None if row is None else _recomposition(row)

    def store(self, recomposition: Recomposition) -> None:
        swept_to = recomposition.swept_to
        row = {
            "change": recomposition.change,
            "author": recomposition.note.author,
            "message": recomposition.note.message,
            "reaches": json.dumps([_members(reach) for reach in recomposition.reaches]),
            "total": recomposition.total,
            "done": recomposition.done,
            "changed": recomposition.changed,
            "failed": recomposition.failed,
            "swept_to": swept_to and swept_to.canonical,
            "started_at": recomposition.started_at,
            "finished_at": recomposition.finished_at,
        }
        self._connection.execute(_STORE[self._connection.dialect.name], row)


def _members(reach: Reach) -> dict[str, object]:
    return {"model": reach.model, "tags": reach.tags, "not_tags": reach.not_tags}


def _recomposition(row: Row[Any]) -> Recomposition:
    return Recomposition(
        change=row.change,
        note=ChangeNote(row.author, row.message),
        reaches=tuple(Reach(**members) for members in json.loads(row.reaches)),
        total=row.total,
        started_at=row.started_at,
        swept_to=optional_mac_address(row.swept_to),
        done=row.done,
        changed=row.changed,
        failed=row.failed,
        finished_at=row.finished_at,
    )
