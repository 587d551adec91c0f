"""Labels in SQL, a thousand configs with each statement.

`config_labels` has the tags of a config as one text, which is read with the config; `config_tags` has a row for
each of them, for filters and counts. Labels of deleted configs stay: all queries join `configs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from iotconfig.domain.configs.label_differences import (
    ModelDifference,
    NoteDifference,
    TagDifference,
    operation_on_labels,
)
from iotconfig.domain.configs.label_ports import LabelChange, LabelledConfig, LabelRevision, TagCount
from iotconfig.domain.configs.labels import NO_LABELS, Labels, TagFilter
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.mac import MacAddress

from .announcing import signal_commit
from .change_log import DIFFERENCES, TAGS, log
from .engine.dialects import ByDialect, insert_into
from .gate import SeenLayers, pass_gate
from .given_keys import given_keys, is_given
from .given_rows import given_relation
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

LABELS: Final = (config_labels.c.tags, config_labels.c.note, config_labels.c.model)
"""The columns that `labels_of` reads."""

_LOCK: Final = (
    select(revision_counters.c.mac_address)
    .where(
        revision_counters.c.mac_address.in_(
            select(configs.c.mac_address).where(is_given("postgresql", configs.c.id))
        )
    )
    .order_by(revision_counters.c.mac_address)
    .with_for_update()
)
_LABELLED: Final = select(
    configs.c.id, configs.c.mac_address, configs.c.revision, *LABELS, config_labels.c.number
).select_from(configs.outerjoin(config_labels, config_labels.c.config_id == configs.c.id))
_FIND: Final = ByDialect(
    lambda dialect: _LABELLED.where(is_given(dialect, configs.c.id)).order_by(configs.c.mac_address)
)
_KEPT: Final = select(*LABELS).where(config_labels.c.config_id == bindparam("key"))
_COUNTS: Final = (
    select(config_tags.c.tag, func.count())
    .select_from(config_tags.join(configs, configs.c.id == config_tags.c.config_id))
    .group_by(config_tags.c.tag)
    .order_by(config_tags.c.tag)
)
_MODEL_COUNTS: Final = (
    select(config_labels.c.model, func.count())
    .select_from(config_labels.join(configs, configs.c.id == config_labels.c.config_id))
    .where(config_labels.c.model.is_not(None))
    .group_by(config_labels.c.model)
)
_OF_MODEL: Final = (
    select(configs.c.id, configs.c.mac_address, configs.c.revision, *LABELS, config_labels.c.number)
    .select_from(configs.join(config_labels, config_labels.c.config_id == configs.c.id))
    .where(config_labels.c.model == bindparam("name_"), configs.c.mac_address > bindparam("after_"))
    .order_by(configs.c.mac_address)
    .limit(bindparam("limit_"))
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
_MODELS: Final = config_labels.alias("models_of_configs")

_CHANGE: Final[Mapping[str, TypeEngine[Any]]] = {
    "config_id": BigInteger(),
    "mac_address": Text(),
    "number": BigInteger(),
    "tags": Text(),
    "note": Text(),
    "model": Text(),
    "old_tags": Text(),
    "old_note": Text(),
    "old_model": Text(),
    "operation": Text(),
    **dict.fromkeys(DIFFERENCES, Text()),
}
_NEW_LABELS: Final = Table(
    "new_labels",
    MetaData(),
    *(Column(name, kind) for name, kind in _CHANGE.items()),
    prefixes=["TEMPORARY"],
)
"""The changes of a statement, on SQLite: as JSON, each statement would read the whole text again."""
_CREATE: Final = CreateTable(_NEW_LABELS, if_not_exists=True)
_CLEAR: Final = delete(_NEW_LABELS)
_FILL: Final = f"INSERT INTO {_NEW_LABELS.name} VALUES ({', '.join('?' * len(_CHANGE))})"  # noqa: S608 - names of ours


def _pairs(dialect: str, rows: FromClause, new: Mapping[str, ColumnElement[Any]], words: str) -> Select[Any]:
    """The id of each config with each tag of a text of tags."""
    text = new[words]
    if dialect == "sqlite":
        each = func.json_each('["' + func.replace(text, " ", '","') + '"]').table_valued("value", name="tag")
    else:
        each = func.unnest(func.string_to_array(text, " ")).table_valued("value", name="tag").render_derived()
    return select(new["config_id"], each.c.value).select_from(rows.join(each, true())).where(text != "")


def _statements(dialect: str) -> Sequence[Any]:
    """What stores changes of labels."""
    rows, new = (
        (_NEW_LABELS, dict(_NEW_LABELS.c.items()))
        if dialect == "sqlite"
        else given_relation(dialect, "rows", _CHANGE)
    )
    change = bindparam("write_change", type_=changes.c.change.type)
    now = bindparam("write_now", type_=UtcDateTime())
    kept = {
        **{name: new[name] for name in ("config_id", "number")},
        "change": change,
        "tags": new["old_tags"],
        "note": new["old_note"],
        "model": new["old_model"],
        "created_at": now,
    }
    labels = {name: new[name] for name in ("config_id", "number", "tags", "note", "model")}
    write = {
        "change": change,
        "author": bindparam("write_author", type_=changes.c.author.type),
        "message": bindparam("write_message", type_=changes.c.message.type),
    }
    pair = tuple_(config_tags.c.config_id, config_tags.c.tag)
    return (
        delete(config_tags).where(pair.in_(_pairs(dialect, rows, new, "tags_removed"))),
        insert(config_tags).from_select(["config_id", "tag"], _pairs(dialect, rows, new, "tags_added")),
        insert(label_changes).from_select([*kept], select(*kept.values()).select_from(rows)),
        _replace_labels(dialect, labels, rows),
        log(dialect, _logged(rows, {**new, "updated_at": now}), write, TAGS, DIFFERENCES),
    )


def _replace_labels(dialect: str, labels: Mapping[str, ColumnElement[Any]], rows: FromClause) -> Any:
    """Insert labels, or replace those that are there."""
    adding = insert_into(dialect, config_labels)
    # The condition tells SQLite that ON does not belong to a join.
    given = select(*labels.values()).select_from(rows).where(true())
    return adding.from_select([*labels], given).on_conflict_do_update(
        index_elements=[config_labels.c.config_id],
        set_={name: adding.excluded[name] for name in ("number", "tags", "note", "model")},
    )


def _logged(rows: FromClause, new: Mapping[str, ColumnElement[Any]]) -> Mapping[str, ColumnElement[Any]]:
    """The changes with the present revisions of their configs, in the order of their addresses."""
    joined = rows.join(configs, configs.c.id == new["config_id"])
    named = [column.label(name) for name, column in new.items()]
    in_order = select(*named, configs.c.revision).select_from(joined).order_by(new["mac_address"])
    return dict(in_order.subquery().c.items())


def _confirm(dialect: str) -> tuple[Any, ...]:
    """What locks the counters of devices, on PostgreSQL, and what finds whether a config is another one by now."""
    rows, given = given_relation(
        dialect, "rows", {"config_id": BigInteger(), "mac_address": Text(), "number": BigInteger()}
    )
    is_there = and_(configs.c.id == given["config_id"], configs.c.mac_address == given["mac_address"])
    found = rows.outerjoin(configs, is_there).outerjoin(
        config_labels, config_labels.c.config_id == configs.c.id
    )
    is_other = or_(configs.c.id.is_(None), func.coalesce(config_labels.c.number, 0) != given["number"])
    compare = select(exists(select(given["config_id"]).select_from(found).where(is_other)))
    locked = (
        select(revision_counters.c.mac_address)
        .where(revision_counters.c.mac_address.in_(select(given["mac_address"]).select_from(rows)))
        .order_by(revision_counters.c.mac_address)
        .with_for_update()
        .subquery()
    )
    lock = select(func.count()).select_from(locked)
    return (lock, compare) if dialect == "postgresql" else (compare,)


_CONFIRM: Final = ByDialect(_confirm)


_RECORD: Final = ByDialect(_statements)


@frozen
class SqlLabelRepository:
    """`LabelRepository` over one connection."""

    _connection: Connection
    _change_id: str = ""
    _seen: SeenLayers = field(factory=SeenLayers)

    def find(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        dialect = self._connection.dialect.name
        found = self._connection.execute(_FIND[dialect], given_keys(dialect, config_ids))
        return [_labelled(row) for row in found]

    def confirm(self, configs: Sequence[LabelledConfig]) -> bool:
        rows = json.dumps(
            [
                {
                    "config_id": each.config_id,
                    "mac_address": each.mac_address.canonical,
                    "number": each.number,
                }
                for each in configs
            ]
        )
        pass_gate(self._connection, self._seen)
        *locks, compare = _CONFIRM[self._connection.dialect.name]
        for lock in locks:
            self._connection.execute(lock, {"rows": rows})
        return not self._connection.execute(compare, {"rows": rows}).scalar_one()

    def lock(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        pass_gate(self._connection, self._seen)
        # On SQLite, the transaction holds the one write lock.
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK, given_keys("postgresql", config_ids))
        return self.find(config_ids)

    def lock_names(self) -> None:
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))

    def kept(self, config_id: int) -> Labels:
        row: Any = self._connection.execute(_KEPT, {"key": config_id}).one_or_none()
        return NO_LABELS if row is None else labels_of(row)

    def names(self) -> frozenset[str]:
        return frozenset(self._connection.execute(_NAMES).scalars())

    def counts(self) -> Sequence[TagCount]:
        return [TagCount(tag, count) for tag, count in self._connection.execute(_COUNTS)]

    def model_counts(self) -> Mapping[str, int]:
        return {name: int(count) for name, count in self._connection.execute(_MODEL_COUNTS)}

    def of_model(self, name: str, after: MacAddress | None, limit: int) -> Sequence[LabelledConfig]:
        values = {"name_": name, "after_": "" if after is None else after.canonical, "limit_": limit}
        return [_labelled(row) for row in self._connection.execute(_OF_MODEL, values)]

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[LabelRevision]:
        given = {"change": change, "after": after_config, "limit": limit}
        return [
            LabelRevision(row.config_id, row.number, row.change, labels_of(row), row.created_at)
            for row in self._connection.execute(_OF_CHANGE, given)
        ]

    def record(self, changes: Sequence[LabelChange], note: ChangeNote, now: datetime) -> str:
        rows = [_row(change) for change in changes]
        values: dict[str, object] = {
            "write_change": self._change_id,
            "write_author": note.author,
            "write_message": note.message,
            "write_now": now,
        }
        dialect = self._connection.dialect.name
        if dialect == "sqlite":
            self._connection.execute(_CREATE)
            self._connection.execute(_CLEAR)
            self._connection.exec_driver_sql(_FILL, rows)
        else:
            values["rows"] = json.dumps([dict(zip(_CHANGE, row, strict=True)) for row in rows])
        for statement in _RECORD[dialect]:
            self._connection.execute(statement, values)
        signal_commit(self._connection)
        return self._change_id


def labels_of(row: Row[Any]) -> Labels:
    """The labels in a row with the columns `LABELS`, which are null for a config that never had any."""
    return _labels(row.tags, row.note, row.model)


@lru_cache(maxsize=256)
def _labels(tags: str | None, note: str | None, model: str | None) -> Labels:
    """Kept, as to check them takes longer than to read them, and many devices have the same."""
    return Labels(tags.split() if tags else (), note, model)


def tagged(tags: TagFilter) -> Sequence[ColumnElement[bool]]:
    """The conditions of a filter of tags, for a statement over `configs`."""
    return [
        *(has_tag(configs.c.id, tag) for tag in tags.all_of),
        *(not_(has_tag(configs.c.id, tag)) for tag in tags.none_of),
    ]


def of_model(name: str) -> ColumnElement[bool]:
    """Whether a config is of this model, for a statement over `configs`."""
    return (
        select(_MODELS.c.config_id)
        .where(_MODELS.c.config_id == configs.c.id, _MODELS.c.model == name)
        .exists()
    )


def has_tag(config_id: Column[int], tag: str) -> ColumnElement[bool]:
    """Whether the config with this id has a tag."""
    return (
        select(config_tags.c.tag)
        .where(config_tags.c.config_id == config_id, config_tags.c.tag == tag)
        .exists()
    )


def _labelled(row: Any) -> LabelledConfig:
    return LabelledConfig(row.id, MacAddress(row.mac_address), row.revision, labels_of(row), row.number or 0)


def _row(change: LabelChange) -> tuple[object, ...]:
    """The columns `_CHANGE`."""
    config, labels = change.config, change.labels
    before = config.labels
    tags, note = TagDifference.between(before, labels), NoteDifference.between(before, labels)
    model = ModelDifference.between(before, labels)
    return (
        config.config_id,
        config.mac_address.canonical,
        config.number + 1,
        " ".join(labels.tags),
        labels.note,
        labels.model,
        " ".join(before.tags),
        before.note,
        before.model,
        operation_on_labels(tags, note).value,
        *((None, None) if tags is None else (" ".join(tags.added), " ".join(tags.removed))),
        *((None, None) if note is None else (note.before, note.after)),
        *((None, None) if model is None else (model.before, model.after)),
    )
