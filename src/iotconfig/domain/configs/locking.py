"""Locks of configs that may move to another board: lock, read again, and start over if it moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from iotconfig.domain.errors import RecordNotFound

from .config import Config
from .counter import RevisionCounter
from .existing import check_id, existing
from .store import Store, UnitOfWork

T = TypeVar("T")


class Moved(Exception):
    """The config is on another board than the one whose counter was locked."""


def until_locked(store: Store, attempt: Callable[[UnitOfWork], T]) -> T:
    """Run `attempt` in a unit of work, repeat it while it raises `Moved`, and return its result.

    Locking the other board in the same unit of work would break the order of locks, and could
    deadlock. So it is rolled back, and the next one locks the current board of the config.
    """
    while True:
        try:
            with store.writing() as work:
                return attempt(work)
        except Moved:
            continue


def with_locked(store: Store, config_id: int, use: Callable[[UnitOfWork, RevisionCounter, Config], T]) -> T:
    """Return what `use` returns for the locked counter of a config and the config, read under the lock.

    Raises `RecordNotFound`.
    """
    check_id(config_id)

    def attempt(work: UnitOfWork) -> T:
        counter = work.counters.lock_owner(config_id)
        if counter is None:
            raise RecordNotFound(config_id)
        config = existing(work.configs.get(config_id), config_id)
        if config.mac_address != counter.mac_address:
            raise Moved
        return use(work, counter, config)

    return until_locked(store, attempt)
