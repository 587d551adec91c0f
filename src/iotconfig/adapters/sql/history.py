"""Revisions in SQL: appended with their change, never changed, pruned from the oldest on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from iotconfig.domain.configs.revisions import (
    ChangedConfig,
    ChangeNote,
    DeletedConfig,
    DeletedPage,
    DeletedPosition,
    DeletedQuery,
    HistoryPage,
    HistoryQuery,
    Operation,
    PruneStep,
    Retention,
    Revision,
    RevisionSummary,
)
from iotconfig.domain.mac import MacAddress

from .content_columns import content_of
from .engine.dialects import ByDialect, insert_into
from .tables import configs, pruned_histories, revisions

_columns = revisions.c
_PRUNED_AT_ONCE: Final = 5000
"""Maximum number of revisions that one transaction removes: on SQLite, other writers wait for it."""

_LOOKED_AT_ONCE: Final = 50_000
"""Maximum number of revisions that one transaction reads, unless a single config has more."""

_OF_CONFIG: Final = _columns.config_id == bindparam("key")
_NEWEST_FIRST: Final = _columns.revision.desc()

_GET: Final = select(revisions).where(_OF_CONFIG, _columns.revision == bindparam("number"))
_NEWEST: Final = select(revisions).where(_OF_CONFIG).order_by(_NEWEST_FIRST).limit(1)
_NEWEST_CONTENT: Final = _NEWEST.where(_columns.content.is_not(None))
_BEGAN: Final = select(_columns.created_at).where(_OF_CONFIG).order_by(_columns.revision).limit(1)
_LATEST_CONFIG: Final = (
    select(_columns.config_id)
    .where(_columns.mac_address == bindparam("key"))
    .order_by(_NEWEST_FIRST)
    .limit(1)
)
_PRUNED_TO: Final = select(pruned_histories.c.revision).where(
    pruned_histories.c.config_id == bindparam("key")
)
_SUMMARY: Final = (
    _columns.config_id,
    _columns.mac_address,
    _columns.revision,
    _columns.operation,
    _columns.change,
    _columns.etag,
    _columns.author,
    _columns.message,
    _columns.created_at,
)


def _of_change() -> Select[Any]:
    """The revisions of a change, each with the revision before it, and with the number of the config's newest one."""
    earlier = revisions.alias("earlier")
    newer = revisions.alias("newer")
    last_before = (
        select(func.max(earlier.c.revision))
        .where(earlier.c.config_id == _columns.config_id, earlier.c.revision < _columns.revision)
        .scalar_subquery()
    )
    newest = (
        select(func.max(newer.c.revision)).where(newer.c.config_id == _columns.config_id).scalar_subquery()
    )
    return (
        select(*_SUMMARY, newest.label("newest"), last_before.label("last_before"))
        .where(_columns.change == bindparam("change"), _columns.config_id > bindparam("after"))
        .order_by(_columns.config_id)
        # In the text, so that the planner knows how few rows are joined.
        .limit(bindparam("limit", type_=Integer, literal_execute=True))
    )


def _before_change() -> Select[Any]:
    """The revisions before those of a page of `_of_change`."""
    page = _of_change().subquery()
    return select(revisions).join(
        page, and_(page.c.config_id == _columns.config_id, page.c.last_before == _columns.revision)
    )


_OF_CHANGE: Final = _of_change()
_BEFORE_CHANGE: Final = _before_change()


def _deleted() -> Select[Any]:
    """Every config whose newest revision is a deletion, with the name in its last content."""
    later = revisions.alias("later")
    last = revisions.alias("last")
    name = (
        select(last.c.device_name)
        .where(last.c.config_id == _columns.config_id, last.c.content.is_not(None))
        .order_by(last.c.revision.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(*_SUMMARY, name.label("device_name"))
        .where(
            _columns.operation == literal(Operation.DELETE.value, literal_execute=True),
            ~exists().where(configs.c.id == _columns.config_id),
            ~exists().where(later.c.config_id == _columns.config_id, later.c.revision > _columns.revision),
        )
        .order_by(_columns.created_at.desc(), _columns.config_id.desc())
    )


_DELETED: Final = _deleted()


@frozen
class SqlHistoryRepository:
    """`HistoryRepository` over one connection."""

    _connection: Connection

    def get(self, config_id: int, revision: int) -> Revision | None:
        return self._one(_GET, {"key": config_id, "number": revision})

    def newest(self, config_id: int) -> Revision | None:
        return self._one(_NEWEST, {"key": config_id})

    def newest_content(self, config_id: int) -> Revision | None:
        return self._one(_NEWEST_CONTENT, {"key": config_id})

    def latest_config(self, mac_address: MacAddress) -> int | None:
        found: int | None = self._connection.execute(
            _LATEST_CONFIG, {"key": str(mac_address)}
        ).scalar_one_or_none()
        return found

    def created_at(self, config_id: int) -> datetime | None:
        found: datetime | None = self._connection.execute(_BEGAN, {"key": config_id}).scalar_one_or_none()
        return found

    def pruned_to(self, config_id: int) -> int:
        return self._connection.execute(_PRUNED_TO, {"key": config_id}).scalar_one_or_none() or 0

    def find(self, query: HistoryQuery) -> HistoryPage:
        page: Select[Any] = select(*_SUMMARY).where(_OF_CONFIG).order_by(_NEWEST_FIRST).limit(query.limit + 1)
        if query.before is not None:
            page = page.where(_columns.revision < query.before)
        rows: Sequence[Row[Any]] = self._connection.execute(page, {"key": query.config_id}).all()
        summaries = tuple(_summary(row) for row in rows[: query.limit])
        return HistoryPage(summaries, summaries[-1].revision if len(rows) > query.limit else None)

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[ChangedConfig]:
        page = {"change": change, "after": after_config, "limit": limit}
        rows = self._connection.execute(_OF_CHANGE, page).all()
        # A second statement, since both have the same columns; revisions never change.
        found = map(_revision, self._connection.execute(_BEFORE_CHANGE, page))
        before = {revision.config_id: revision for revision in found}
        return [ChangedConfig(_summary(row), before.get(row.config_id), row.newest) for row in rows]

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        page = _DELETED.limit(query.limit + 1)
        if query.before is not None:
            position = tuple_(_columns.created_at, _columns.config_id)
            page = page.where(
                position
                < tuple_(
                    literal(query.before.deleted_at, _columns.created_at.type),
                    literal(query.before.config_id, _columns.config_id.type),
                )
            )
        rows = self._connection.execute(page).all()
        found = tuple(map(_deleted_config, rows[: query.limit]))
        behind = DeletedPosition(found[-1].deleted_at, found[-1].id) if len(rows) > query.limit else None
        return DeletedPage(found, behind)

    def prunable(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        last, next_config = self._range(after_config, limit)
        counted = select(func.count()).select_from(_prunable(retention, after_config, last).subquery())
        return PruneStep(int(self._connection.execute(counted).scalar_one()), next_config)

    def prune(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        last, next_config = self._range(after_config, limit)
        goes = _prunable(retention, after_config, last).limit(_PRUNED_AT_ONCE).subquery()
        gone = self._connection.execute(
            delete(revisions)
            .where(tuple_(_columns.config_id, _columns.revision).in_(select(goes)))
            .returning(_columns.config_id, _columns.revision)
        ).all()
        highest = {config_id: 0 for config_id, _ in gone}
        for config_id, revision in gone:
            highest[config_id] = max(highest[config_id], revision)
        if highest:
            marks = [{"config_id": key, "revision": revision} for key, revision in highest.items()]
            self._connection.execute(_MARK_PRUNED[self._connection.dialect.name], marks)
        if len(gone) < _PRUNED_AT_ONCE:
            return PruneStep(len(gone), next_config)
        # There may be more of the same configs: the next step begins with the last one again.
        return PruneStep(len(gone), max(highest) - 1)

    def _range(self, after_config: int, limit: int) -> tuple[int, int | None]:
        """Return the last config of this step; and its id again if more configs follow, else None."""
        lengths = (
            select(_columns.config_id, func.count())
            .where(_columns.config_id > after_config)
            .group_by(_columns.config_id)
            .order_by(_columns.config_id)
            .limit(limit + 1)
        )
        found = self._connection.execute(lengths).all()
        total = 0
        last = after_config
        for number, (config_id, length) in enumerate(found):
            total += length
            if number and (number == limit or total > _LOOKED_AT_ONCE):
                return last, last
            last = config_id
        return last, None

    def _one(self, statement: Select[Any], parameters: dict[str, int]) -> Revision | None:
        row = self._connection.execute(statement, parameters).one_or_none()
        return None if row is None else _revision(row)


_MARK_PRUNED: Final = ByDialect(
    lambda dialect: (
        insert_into(dialect, pruned_histories)
        .values(config_id=bindparam("config_id"), revision=bindparam("revision"))
        .on_conflict_do_update(
            index_elements=[pruned_histories.c.config_id],
            set_={"revision": bindparam("revision")},
            where=pruned_histories.c.revision < bindparam("revision"),
        )
    )
)


def _prunable(retention: Retention, after: int, last: int) -> Select[Any]:
    """The revisions that may be removed, of the configs after `after` up to `last`, the oldest of each config first."""
    ranked = (
        select(
            _columns.config_id,
            _columns.revision,
            _columns.created_at,
            func.row_number().over(partition_by=_columns.config_id, order_by=_NEWEST_FIRST).label("rank"),
            # The number of contents from here to the newest; where it is 0 or 1, a restore may need this one.
            func.count(_columns.etag)
            .over(partition_by=_columns.config_id, order_by=_NEWEST_FIRST)
            .label("contents"),
            _columns.etag.is_(None).label("is_deletion"),
        )
        .where(_columns.config_id > after, _columns.config_id <= last)
        .subquery()
    )
    return (
        select(ranked.c.config_id, ranked.c.revision)
        .order_by(ranked.c.config_id, ranked.c.revision)
        .where(
            ranked.c.rank > retention.keep,
            ranked.c.created_at < literal(retention.older_than, _columns.created_at.type),
            or_(ranked.c.contents > 1, and_(ranked.c.is_deletion, ranked.c.contents > 0)),
        )
    )


def _summary(row: Row[Any]) -> RevisionSummary:
    return RevisionSummary(
        config_id=row.config_id,
        mac_address=MacAddress(row.mac_address),
        revision=row.revision,
        operation=Operation(row.operation),
        etag=row.etag,
        author=row.author,
        message=row.message,
        created_at=row.created_at,
        change=row.change,
    )


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        config_id=row.config_id,
        mac_address=MacAddress(row.mac_address),
        revision=row.revision,
        operation=Operation(row.operation),
        content=None if row.content is None else content_of(row),
        note=ChangeNote(row.author, row.message),
        created_at=row.created_at,
        change=row.change,
    )


def _deleted_config(row: Row[Any]) -> DeletedConfig:
    return DeletedConfig(
        id=row.config_id,
        mac_address=MacAddress(row.mac_address),
        device_name=row.device_name,
        revision=row.revision,
        author=row.author,
        message=row.message,
        deleted_at=row.created_at,
    )
