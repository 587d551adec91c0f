"""The search in the change log in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, select

from iotconfig.domain.configs.change_filter import ChangeFilter
from iotconfig.domain.configs.change_log import LoggedChange

from .change_log import change_of, reading
from .engine.database import Database
from .labels import has_tag
from .tables import changes, configs

_columns = changes.c


def matching_changes(
    database: Database, wanted: ChangeFilter, positions: range, limit: int, *, newest_first: bool
) -> Sequence[LoggedChange]:
    """`ChangeLog.matching_changes`."""
    if not positions or limit <= 0:
        return []
    statement = (
        select(changes)
        .where(_columns.position.between(positions[0], positions[-1]), *_conditions(wanted))
        .order_by(_columns.position.desc() if newest_first else _columns.position)
        .limit(limit)
    )
    with reading(database) as connection:
        return [change_of(row) for row in connection.execute(statement)]


def _conditions(wanted: ChangeFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.device is not None:
        yield _columns.subject == str(wanted.device)
    if wanted.change is not None:
        yield _columns.change == wanted.change
    if wanted.author is not None:
        yield _columns.author == wanted.author
    if wanted.operation is not None:
        yield _columns.operation == wanted.operation.value
    if wanted.since is not None:
        yield _columns.created_at >= wanted.since
    if wanted.until is not None:
        yield _columns.created_at < wanted.until
    if wanted.tags:
        has_all = (has_tag(configs.c.id, tag) for tag in wanted.tags.all_of)
        has_none = (~has_tag(configs.c.id, tag) for tag in wanted.tags.none_of)
        yield (
            select(configs.c.id)
            .where(configs.c.mac_address == _columns.subject, *has_all, *has_none)
            .exists()
        )
