"""Labels in SQL, a thousand configs with each statement.

`config_labels` has the tags of a config as one text, which is read with the config; `config_tags` has a row for
each of them, for filters and counts. Labels of deleted configs stay: all queries join `configs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    not_,
    select,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from iotconfig.domain.configs.label_differences import NoteDifference, TagDifference, operation_on_labels
from iotconfig.domain.configs.label_ports import LabelChange, LabelledConfig, LabelRevision, TagCount
from iotconfig.domain.configs.labels import Labels, TagFilter
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.mac import MacAddress

from .announcing import signal_commit
from .change_log import DIFFERENCES, TAGS, log
from .tables import (
    UtcDateTime,
    changes,
    config_labels,
    config_tags,
    configs,
    label_changes,
    revision_counters,
)

_LOCK_KEY: Final = 0x696F7463_74616773
"""`iotctags` in ASCII: the number of the advisory lock in a PostgreSQL database."""

LABELS: Final = (config_labels.c.tags, config_labels.c.note)
"""The columns that `labels_of` reads."""

_IDS: Final[BindParameter[Sequence[int]]] = bindparam("ids", expanding=True)
_OF_IDS: Final = select(configs.c.mac_address).where(configs.c.id.in_(_IDS))
_LOCK: Final = (
    select(revision_counters.c.mac_address)
    .where(revision_counters.c.mac_address.in_(_OF_IDS))
    .order_by(revision_counters.c.mac_address)
    .with_for_update()
)
_FIND: Final = (
    select(configs.c.id, configs.c.mac_address, configs.c.revision, *LABELS, config_labels.c.number)
    .select_from(configs.outerjoin(config_labels, config_labels.c.config_id == configs.c.id))
    .where(configs.c.id.in_(_IDS))
    .order_by(configs.c.mac_address)
)
_COUNTS: Final = (
    select(config_tags.c.tag, func.count())
    .select_from(config_tags.join(configs, configs.c.id == config_tags.c.config_id))
    .group_by(config_tags.c.tag)
    .order_by(config_tags.c.tag)
)
_OF_CHANGE: Final = (
    select(label_changes)
    .where(label_changes.c.change == bindparam("change"), label_changes.c.config_id > bindparam("after"))
    .order_by(label_changes.c.config_id)
    .limit(bindparam("limit"))
)


def _names() -> Any:
    """All names that configs have. Jumps from one name to the next, however many configs have it."""
    first = select(func.min(config_tags.c.tag).label("tag")).cte("names", recursive=True)
    above = select(func.min(config_tags.c.tag)).where(config_tags.c.tag > first.c.tag).scalar_subquery()
    names = first.union_all(select(above).where(first.c.tag.is_not(None)))
    is_used = (
        select(config_tags.c.config_id)
        .join(configs, configs.c.id == config_tags.c.config_id)
        .where(config_tags.c.tag == names.c.tag)
        .exists()
    )
    return select(names.c.tag).where(names.c.tag.is_not(None), is_used)


_NAMES: Final = _names()

_CHANGE: Final[Mapping[str, TypeEngine[Any]]] = {
    "config_id": BigInteger(),
    "mac_address": Text(),
    "revision": BigInteger(),
    "number": BigInteger(),
    "tags": Text(),
    "note": Text(),
    "old_tags": Text(),
    "old_note": Text(),
    "operation": Text(),
    **dict.fromkeys(DIFFERENCES, Text()),
}
_PAIR: Final[Mapping[str, TypeEngine[Any]]] = {"config_id": BigInteger(), "tag": Text()}


def _relation(
    dialect: str, name: str, columns: Mapping[str, TypeEngine[Any]]
) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """The objects of a JSON array, the parameter `name`, as rows."""
    given = bindparam(name, type_=Text())
    if dialect == "sqlite":
        rows = func.json_each(given).table_valued("value", name=name)
        return rows, {
            each: func.json_extract(rows.c.value, f"$.{each}", type_=kind) for each, kind in columns.items()
        }
    rows = (
        func.json_to_recordset(cast(given, JSON))
        .table_valued(*(column(each, kind) for each, kind in columns.items()), name=name)
        .render_derived(with_types=True)
    )
    return rows, dict(rows.c.items())


def _statements(dialect: str) -> Sequence[Any]:
    """What stores changes of labels."""
    rows, new = _relation(dialect, "rows", _CHANGE)
    added, add = _relation(dialect, "added", _PAIR)
    removed, remove = _relation(dialect, "removed", _PAIR)
    change = bindparam("write_change", type_=changes.c.change.type)
    now = bindparam("write_now", type_=UtcDateTime())
    kept = {
        **{name: new[name] for name in ("config_id", "number")},
        "change": change,
        "tags": new["old_tags"],
        "note": new["old_note"],
        "created_at": now,
    }
    labels = {name: new[name] for name in ("config_id", "number", "tags", "note")}
    write = {
        "change": change,
        "author": bindparam("write_author", type_=changes.c.author.type),
        "message": bindparam("write_message", type_=changes.c.message.type),
    }
    pair = tuple_(config_tags.c.config_id, config_tags.c.tag)
    return (
        delete(config_tags).where(pair.in_(select(remove["config_id"], remove["tag"]).select_from(removed))),
        insert(config_tags).from_select(
            ["config_id", "tag"], select(add["config_id"], add["tag"]).select_from(added)
        ),
        insert(label_changes).from_select([*kept], select(*kept.values()).select_from(rows)),
        delete(config_labels).where(
            config_labels.c.config_id.in_(select(new["config_id"]).select_from(rows))
        ),
        insert(config_labels).from_select([*labels], select(*labels.values()).select_from(rows)),
        log(dialect, {**new, "updated_at": now}, write, TAGS, DIFFERENCES),
    )


_RECORD: Final = {dialect: _statements(dialect) for dialect in ("postgresql", "sqlite")}


@frozen
class SqlLabelRepository:
    """`LabelRepository` over one connection."""

    _connection: Connection
    _change_id: str = ""

    def find(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        return [_labelled(row) for row in self._connection.execute(_FIND, {"ids": [*config_ids]})]

    def lock(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        # On SQLite, the transaction holds the one write lock.
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK, {"ids": [*config_ids]})
        return self.find(config_ids)

    def lock_names(self) -> None:
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))

    def names(self) -> frozenset[str]:
        return frozenset(self._connection.execute(_NAMES).scalars())

    def counts(self) -> Sequence[TagCount]:
        return [TagCount(tag, count) for tag, count in self._connection.execute(_COUNTS)]

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[LabelRevision]:
        given = {"change": change, "after": after_config, "limit": limit}
        return [
            LabelRevision(row.config_id, row.number, row.change, labels_of(row), row.created_at)
            for row in self._connection.execute(_OF_CHANGE, given)
        ]

    def record(self, changes: Sequence[LabelChange], note: ChangeNote, now: datetime) -> str:
        values = {
            "rows": json.dumps([_row(change) for change in changes]),
            "added": _pairs((each.config, each.labels.tags, each.config.labels.tags) for each in changes),
            "removed": _pairs((each.config, each.config.labels.tags, each.labels.tags) for each in changes),
            "write_change": self._change_id,
            "write_author": note.author,
            "write_message": note.message,
            "write_now": now,
        }
        for statement in _RECORD[self._connection.dialect.name]:
            self._connection.execute(statement, values)
        signal_commit(self._connection)
        return self._change_id


def labels_of(row: Row[Any]) -> Labels:
    """The labels in a row with the columns `LABELS`, which are null for a config that never had any."""
    return Labels(row.tags.split() if row.tags else (), row.note)


def tagged(tags: TagFilter) -> Sequence[ColumnElement[bool]]:
    """The conditions of a filter of tags, for a statement over `configs`."""
    return [
        *(has_tag(configs.c.id, tag) for tag in tags.all_of),
        *(not_(has_tag(configs.c.id, tag)) for tag in tags.none_of),
    ]


def has_tag(config_id: Column[int], tag: str) -> ColumnElement[bool]:
    """Whether the config with this id has a tag."""
    return (
        select(config_tags.c.tag)
        .where(config_tags.c.config_id == config_id, config_tags.c.tag == tag)
        .exists()
    )


def _labelled(row: Any) -> LabelledConfig:
    return LabelledConfig(row.id, MacAddress(row.mac_address), row.revision, labels_of(row), row.number or 0)


def _row(change: LabelChange) -> dict[str, object]:
    config, labels = change.config, change.labels
    before = config.labels
    tags, note = TagDifference.between(before, labels), NoteDifference.between(before, labels)
    return {
        "config_id": config.config_id,
        "mac_address": config.mac_address.canonical,
        "revision": config.revision,
        "number": config.number + 1,
        "tags": " ".join(labels.tags),
        "note": labels.note,
        "old_tags": " ".join(before.tags),
        "old_note": before.note,
        "operation": operation_on_labels(tags).value,
        "tags_added": None if tags is None else " ".join(tags.added),
        "tags_removed": None if tags is None else " ".join(tags.removed),
        "note_before": None if note is None else note.before,
        "note_after": None if note is None else note.after,
    }


def _pairs(given: Iterable[tuple[LabelledConfig, Sequence[str], Sequence[str]]]) -> str:
    """The ids of configs with those of the first tags that are not among the second ones, as JSON."""
    return json.dumps(
        [
            {"config_id": config.config_id, "tag": tag}
            for config, tags, others in given
            for tag in tags
            if tag not in others
        ]
    )
