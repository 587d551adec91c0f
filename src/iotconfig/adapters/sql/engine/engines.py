"""SQLAlchemy engines that share the statements which were compiled in this process.

A process makes several engines: for requests, for devices, and one for each large write, each backup and each check of the
schema. With a dialect of its own, each compiled its statements again, and asked PostgreSQL for its version first: half of the
processor time of a short command (measured).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import URL, Dialect, Engine, Pool
from sqlalchemy.util import LRUCache

_COMPILED: Final[LRUCache[Any, Any]] = LRUCache(500)
"""Compiled statements, by dialect and statement; as many as SQLAlchemy keeps for an engine."""


def engine_on(dialect: Dialect, pool: Callable[[Dialect], Pool]) -> Engine:
    """Return an engine that sends no statement of its own when a connection opens.

    dialect: one object for each kind of database, because statements are compiled for it. Listeners for errors are its own.
    """
    # Parameters contain documents, which may contain Wi-Fi passwords.
    engine = Engine(
        pool(dialect), dialect, URL.create(dialect.name), query_cache_size=0, hide_parameters=True
    )
    engine.update_execution_options(compiled_cache=_COMPILED)
    return engine
