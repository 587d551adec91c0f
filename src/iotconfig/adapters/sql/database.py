"""What the store needs of a database: connections for reading and for writing, with every wait bounded."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection


class Database(Protocol):
    """One database, with its connections. Errors leave it as the domain's."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees what is committed."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction: committed when the block ends, rolled back when it raises."""
        ...

    def check(self) -> None:
        """Return when the database answers; raise `StoreUnavailable` otherwise."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
