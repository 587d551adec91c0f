"""Layers in SQL: at most 200 rows, and their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import randbelow
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layers.layer import Layer, LayerDefinition, LayerSummary
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.revisions import (
    ChangedLayer,
    LayerChange,
    LayerHistoryPage,
    LayerHistoryQuery,
    LayerRevision,
    LayerRevisionSummary,
)

from .announcing import signal_commit
from .change_log import LAYER, log
from .content_columns import CONTENT, DERIVED, content_columns, content_of
from .engine.dialects import ByDialect, insert_into
from .gate import SeenLayers, close_gate
from .tables import UtcDateTime, changes, layer_revisions, layers, layers_state

_ONLY: Final = 1
_NAME: Final = bindparam("name_", type_=layers.c.name.type)
_NUMBER: Final = bindparam("number_", type_=layer_revisions.c.revision.type)
_history = layer_revisions.c

_GET: Final = select(layers).where(layers.c.name == _NAME)
_ALL: Final = select(layers)
_SUMMARIES: Final = select(*(column for column in layers.c if column.name not in ("content", *DERIVED)))
_GENERATION: Final = select(layers_state.c.generation)
_OF_NAME: Final = select(layer_revisions).where(_history.name == _NAME)
_REVISION: Final = _OF_NAME.where(_history.revision == _NUMBER)
_NEWEST: Final = _OF_NAME.order_by(_history.revision.desc()).limit(1)
_SUMMARY: Final = [column for column in _history if column.name not in ("content", *DERIVED)]
_PAGE: Final = (
    select(*_SUMMARY)
    .where(_history.name == _NAME)
    .order_by(_history.revision.desc())
    .limit(bindparam("limit_"))
)
_BELOW: Final = _PAGE.where(_history.revision < _NUMBER)
_OF_CHANGE: Final = (
    select(layer_revisions).where(_history.change == bindparam("change_")).order_by(_history.name)
)
_BEFORE: Final = _NEWEST.where(_history.revision < _NUMBER)

_REMOVE: Final = delete(layers).where(layers.c.name.in_(bindparam("names_", expanding=True)))
_ADD: Final = insert(layers)
_APPEND: Final = insert(layer_revisions)
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
_LOG: Final = ByDialect(lambda dialect: log(dialect, _LOGGED, _WRITE, LAYER))


def _raising(dialect: str) -> Any:
    """Raise the generation by a step."""
    adding = insert_into(dialect, layers_state).values(only=_ONLY, generation=_STEP)
    return adding.on_conflict_do_update(
        index_elements=[layers_state.c.only], set_={"generation": layers_state.c.generation + _STEP}
    )


_STEP: Final = bindparam("step", type_=layers_state.c.generation.type)
_LARGEST_STEP: Final = 2**32
"""The generation has 63 bits: enough for 2 thousand million of the largest steps."""
_RAISE: Final = ByDialect(_raising)


def raise_generation(connection: Connection) -> None:
    """Raise the generation by a random step, after a write of layers or of secrets.

    A process may keep the layers of a generation that a backup, which was put back meanwhile, does not have. The first write
    after the backup must not come to this generation again with other layers, as it would by steps of 1.
    """
    connection.execute(_RAISE[connection.dialect.name], {"step": randbelow(_LARGEST_STEP) + 1})


@frozen
class SqlLayerRepository:
    """`LayerRepository` over one connection."""

    _connection: Connection
    _change_id: str = ""
    _seen: SeenLayers = field(factory=SeenLayers)

    def get(self, name: str) -> Layer | None:
        row = self._connection.execute(_GET, {"name_": name}).one_or_none()
        return None if row is None else _layer(row)

    def all(self) -> Sequence[Layer]:
        return sorted(map(_layer, self._connection.execute(_ALL)), key=lambda layer: layer.order)

    def summaries(self) -> Sequence[LayerSummary]:
        return sorted(map(_layer_summary, self._connection.execute(_SUMMARIES)), key=lambda each: each.order)

    def generation(self) -> int:
        return int(self._connection.execute(_GENERATION).scalar_one_or_none() or 0)

    def revision(self, name: str, number: int) -> LayerRevision | None:
        return self._one(_REVISION, {"name_": name, "number_": number})

    def newest(self, name: str) -> LayerRevision | None:
        return self._one(_NEWEST, {"name_": name})

    def find(self, query: LayerHistoryQuery) -> LayerHistoryPage:
        values = {"name_": query.name, "number_": query.before, "limit_": query.limit + 1}
        rows = self._connection.execute(_PAGE if query.before is None else _BELOW, values).all()
        page = tuple(map(_summary, rows[: query.limit]))
        return LayerHistoryPage(page, page[-1].revision if len(rows) > query.limit else None)

    def of_change(self, change: str) -> Sequence[ChangedLayer]:
        rows = self._connection.execute(_OF_CHANGE, {"change_": change}).all()
        return [self._changed(_revision(row)) for row in rows]

    def lock(self) -> None:
        self._seen.generation = None
        close_gate(self._connection)

    def record(self, changes: Sequence[LayerChange], note: ChangeNote, now: datetime) -> str:
        self._seen.is_changing = True
        revisions = [change.revision(note, self._change_id) for change in changes]
        # All are removed first, so that layers may exchange their ranks.
        self._connection.execute(_REMOVE, {"names_": [change.layer.name for change in changes]})
        if kept := [self._row(change.layer) for change in changes if not change.is_deletion]:
            self._connection.execute(_ADD, kept)
        self._connection.execute(_APPEND, [_revision_row(revision) for revision in revisions])
        dialect = self._connection.dialect.name
        for revision in revisions:
            self._connection.execute(_LOG[dialect], _logged(revision))
        raise_generation(self._connection)
        signal_commit(self._connection)
        return self._change_id

    def _changed(self, revision: LayerRevision) -> ChangedLayer:
        before = self._one(_BEFORE, {"name_": revision.name, "number_": revision.revision})
        newest = self.newest(revision.name) or revision
        return ChangedLayer(revision, before, newest.revision)

    def _one(self, statement: Any, values: Mapping[str, object]) -> LayerRevision | None:
        row = self._connection.execute(statement, values).one_or_none()
        return None if row is None else _revision(row)

    def _row(self, layer: Layer) -> dict[str, object]:
        return {
            "name": layer.name,
            **_place(layer.reach, layer.rank, enabled=layer.enabled),
            "revision": layer.revision,
            **content_columns(layer.content),
            "change": self._change_id,
            "created_at": layer.created_at,
            "updated_at": layer.updated_at,
        }


def _place(reach: Reach, rank: int | None, *, enabled: bool) -> dict[str, object]:
    return {
        "model": reach.model,
        "tags": " ".join(reach.tags),
        "not_tags": " ".join(reach.not_tags),
        "rank": rank,
        "enabled": enabled,
    }


def _reach(row: Row[Any]) -> Reach:
    return Reach(row.model, row.tags.split(), row.not_tags.split())


def _layer(row: Row[Any]) -> Layer:
    return Layer(
        name=row.name,
        definition=LayerDefinition(content_of(row), _reach(row), row.rank, row.enabled),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        change=row.change,
    )


def _layer_summary(row: Row[Any]) -> LayerSummary:
    return LayerSummary(
        name=row.name,
        reach=_reach(row),
        rank=row.rank,
        enabled=row.enabled,
        revision=row.revision,
        etag=row.etag,
        created_at=row.created_at,
        updated_at=row.updated_at,
        change=row.change,
    )


def _revision_row(revision: LayerRevision) -> dict[str, object]:
    content: ConfigContent | None = revision.content
    return {
        "name": revision.name,
        "revision": revision.revision,
        "operation": revision.operation.value,
        "change": revision.change,
        **_place(revision.reach, revision.rank, enabled=revision.enabled),
        **(dict.fromkeys((*CONTENT, *DERIVED)) if content is None else content_columns(content)),
        "author": revision.note.author,
        "message": revision.note.message,
        "created_at": revision.created_at,
    }


def _revision(row: Row[Any]) -> LayerRevision:
    return LayerRevision(
        name=row.name,
        revision=row.revision,
        operation=Operation(row.operation),
        content=None if row.content is None else content_of(row),
        reach=_reach(row),
        rank=row.rank,
        enabled=row.enabled,
        note=ChangeNote(row.author, row.message),
        created_at=row.created_at,
        change=row.change,
    )


def _summary(row: Row[Any]) -> LayerRevisionSummary:
    return LayerRevisionSummary(
        name=row.name,
        revision=row.revision,
        operation=Operation(row.operation),
        etag=row.etag,
        reach=_reach(row),
        rank=row.rank,
        enabled=row.enabled,
        note=ChangeNote(row.author, row.message),
        created_at=row.created_at,
        change=row.change,
    )


def _logged(revision: LayerRevision) -> dict[str, object]:
    return {
        "log_subject": revision.name,
        "log_operation": revision.operation.value,
        "log_revision": revision.revision,
        "log_at": revision.created_at,
        "log_change": revision.change,
        "log_author": revision.note.author,
        "log_message": revision.note.message,
    }
