"""The complete content of a store, for comparisons, and short names from the shipped suites."""

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
    """The pending and parked notifications, by subject."""
    return bulk_builders.notifications(queue_of(store))


def everything(store: Store, numbers: Iterable[int]) -> dict[str, Any]:
    """All data of these devices, without ids."""
    return bulk_builders.everything(store, queue_of(store), numbers)


def rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, without ids; nothing for a store without a database."""
    if not isinstance(store, SqlStore):
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    with store.database.reading() as connection:
        for name, table in metadata.tables.items():
            mappings = connection.execute(select(table)).mappings()
            plain = [{key: value for key, value in row.items() if key not in _IDS} for row in mappings]
            found[name] = sorted(plain, key=str)
    return found
