"""Locks of configs that may move to another board: lock, read again, and start over where it moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .store import Store, UnitOfWork

T = TypeVar("T")


class Moved(Exception):
    """The config is on another board than the one whose counter was locked."""


def until_locked(store: Store, attempt: Callable[[UnitOfWork], T]) -> T:
    """Run `attempt` in a unit of work, again and again while it raises `Moved`, and return its result.

    Locking the other board too would break the order of locks, and could deadlock. So
    the unit of work is rolled back, and the next one locks the board that the config is on then.
    """
    while True:
        try:
            with store.writing() as work:
                return attempt(work)
        except Moved:
            continue
