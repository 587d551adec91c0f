"""Locks of configs that may move to another board: lock, read again, and start over if it moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

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
