"""Transactions on a connection in autocommit mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError


@contextmanager
def session_transaction(connection: Connection, begin: str = "") -> Iterator[None]:
    """Commit when the block ends, roll back when it raises. `begin`: the statement that begins the transaction, if any."""
    if begin:
        connection.exec_driver_sql(begin)
    try:
        yield
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        # If the connection is lost, so is the transaction; the first error is the one to raise.
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql("ROLLBACK")
        raise
