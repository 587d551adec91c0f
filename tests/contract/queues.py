"""The queue of each kind of store, and short names from the shipped suites."""

from __future__ import annotations

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.sql.announcing import SqlNotificationQueue
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.store import Store
from iotconfig.testing.announcement_builders import (
    EVERYTHING,
    asset,
    at,
    change,
    deletion,
    enqueue,
    keys,
    only,
    park,
    subject,
)

__all__ = [
    "EVERYTHING",
    "asset",
    "at",
    "change",
    "deletion",
    "enqueue",
    "keys",
    "only",
    "park",
    "queue_of",
    "subject",
]


def queue_of(store: Store) -> NotificationQueue:
    """The queue of a store."""
    if isinstance(store, MemoryStore):
        return store.notifications()
    assert isinstance(store, SqlStore)
    return SqlNotificationQueue(store.database)
