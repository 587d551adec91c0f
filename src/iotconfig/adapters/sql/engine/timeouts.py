"""The time-outs of the database."""

from __future__ import annotations

from attrs import frozen


@frozen
class Timeouts:
    """Bounds, in seconds, for every wait on the database.

    The server's own limits fire first and give the clearer error. The watchdog covers a dead link,
    through which they cannot be delivered.
    """

    connect: int = 3
    """Opening one connection."""
    pool: float = 3.0
    """Waiting for a connection of the pool to be free."""
    statement: float = 8.0
    """One statement (PostgreSQL's `statement_timeout`)."""
    lock: float = 5.0
    """Waiting for another writer (PostgreSQL's `lock_timeout`; on SQLite, for the write lock)."""
    idle_transaction: float = 15.0
    """A transaction in which nothing happens (PostgreSQL's `idle_in_transaction_session_timeout`)."""
    watchdog: float = 10.0
    """One unit of work, measured by the client; then its connection is cut."""
    bulk: float = 600.0
    """One statement of an import, an export, or a patch to many configs, instead of the bounds above."""
    check: float = 2.0
    """A health check, instead of the watchdog's bound."""
