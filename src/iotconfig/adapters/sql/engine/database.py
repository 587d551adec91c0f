"""The interface of a database to the store: connections for reading and writing, with every wait bounded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection, Table

from iotconfig.adapters.telemetry import LogUse, PoolUse


@runtime_checkable
class SendsAfterCommit(Protocol):
    """A driver's connection that can send a query right after a commit."""

    after_commit: bytes
    """The query to send once the present transaction has committed. If it fails, the transaction is stored all the same."""


class Session(Protocol):
    """A separate connection for long work. Outside of `writing`, each statement commits by itself."""

    @property
    def connection(self) -> Connection:
        """The connection. Each access restarts the time-out `Timeouts.bulk`."""
        ...

    def fill(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert rows into a temporary table by the database's fastest method."""
        ...

    def analyze(self, table: Table) -> None:
        """Update the planner's statistics of a temporary table."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        ...


class Database(Protocol):
    """One database and its connections. All methods raise the domain's errors."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend a connection that reads committed data."""
        ...

    def serving(self) -> AbstractContextManager[Connection]:
        """Lend a connection as `reading` does, for the other queries of a device's fetch and for health checks.

        It may use the connections that are reserved for devices, so its work must be brief.
        """
        ...

    def document(self, mac_address: str) -> tuple[int, bytes, str] | None:
        """Return number, body and ETag of this device's document, or None. This is the hot path."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """Lend a connection in a transaction: committed when the block ends, rolled back when it raises."""
        ...

    def session(self) -> AbstractContextManager[Session]:
        """Open a connection outside of the pool, for long work."""
        ...

    def snapshot(self) -> AbstractContextManager[Connection]:
        """Open a connection that sees the data of this moment for as long as the block runs."""
        ...

    def check(self) -> None:
        """Raise `StoreUnavailable` where the database does not answer, `StoreReadOnly` where it takes no writes."""
        ...

    def use(self) -> PoolUse:
        """Return the use of the pool, without a query."""
        ...

    def log(self) -> LogUse | None:
        """Return the size of the write-ahead log, without a query; None on PostgreSQL."""
        ...

    def close(self) -> None:
        """Close all connections. Afterwards every method that needs one raises `ServiceClosed`."""
        ...
