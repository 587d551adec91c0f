"""What the store needs of a database: connections for reading and for writing, with every wait bounded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from attrs import frozen
from sqlalchemy import Connection, Table

from iotconfig.adapters.telemetry import PoolUse


@frozen
class LogUse:
    """The write-ahead log of a database that keeps one beside its file."""

    bytes: int
    problem: str | None
    """What is wrong, and what to do; None where all is well."""


class Transaction(Protocol):
    """A transaction on a session's connection."""

    def rollback(self) -> None:
        """Undo all of it; the rest of its block runs outside."""
        ...


class Session(Protocol):
    """A connection of its own, for work that takes long. Outside of `writing` each statement is committed by itself."""

    @property
    def connection(self) -> Connection:
        """The connection; each use gives it the time of `Timeouts.bulk` anew."""
        ...

    def fill(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows to a temporary table, as quickly as the database takes them."""
        ...

    def analyze(self, table: Table) -> None:
        """Let the database count a temporary table's rows, so that it plans for as many."""
        ...

    def writing(self) -> AbstractContextManager[Transaction]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        ...


class Database(Protocol):
    """One database, with its connections. Errors leave it as the domain's."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees what is committed."""
        ...

    def serving(self) -> AbstractContextManager[Connection]:
        """`reading` for what a device's fetch needs besides the document, and for looks at the database's health.

        It may have the connections that are kept for devices, so all it does is brief.
        """
        ...

    def document(self, mac_address: str) -> tuple[bytes, str] | None:
        """The content and the ETag of this device's config, or None: the hot path, by the shortest way there is."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction: committed when the block ends, rolled back when it raises."""
        ...

    def session(self) -> AbstractContextManager[Session]:
        """A connection that does not come out of the pool, and may be used for long."""
        ...

    def snapshot(self) -> AbstractContextManager[Connection]:
        """A connection that sees what is committed now, for as long as the block runs."""
        ...

    def check(self) -> None:
        """Return when the database answers and takes writes; raise `StoreReadOnly` or `StoreUnavailable` otherwise."""
        ...

    def use(self) -> PoolUse:
        """How much of the pool is in use. Asks no database."""
        ...

    def log(self) -> LogUse | None:
        """How large the write-ahead log is; None where the server looks after it. Asks no database."""
        ...

    def close(self) -> None:
        """Close all connections. From then on, every method that needs one raises `ServiceClosed`."""
        ...
