"""Everything that one of our stores holds, to be compared, and the spellings of the shipped suites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from iotconfig.adapters.sql.store import SqlStore
from iotconfig.adapters.sql.tables import metadata
from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.configs.store import Store
from iotconfig.testing import bulk_builders
from iotconfig.testing.bulk_builders import StillClock, configs, entries, entry, histories, places

from .queues import queue_of

__all__ = [
    "StillClock",
    "configs",
    "entries",
    "entry",
    "everything",
    "histories",
    "notifications",
    "places",
    "rows",
]

_IDS = frozenset({"id", "config_id"})


def notifications(store: Store) -> dict[str, Notification]:
    """What is pending or parked, by its subject."""
    return bulk_builders.notifications(queue_of(store))


def everything(store: Store, numbers: Iterable[int]) -> dict[str, Any]:
    """All that is stored of these devices, with ids aside."""
    return bulk_builders.everything(store, queue_of(store), numbers)


def rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, with ids aside; of a store that is no database, nothing."""
    if not isinstance(store, SqlStore):
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    with store._database.reading() as connection:
        for name, table in metadata.tables.items():
            mappings = connection.execute(select(table)).mappings()
            plain = [{key: value for key, value in row.items() if key not in _IDS} for row in mappings]
            found[name] = sorted(plain, key=str)
    return found
