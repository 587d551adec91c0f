"""Transactions on a connection that otherwise commits each statement by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from attrs import define
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError


@define
class SessionTransaction:
    """`Transaction` that was begun by hand."""

    _connection: Connection
    _is_open: bool = True

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def commit(self) -> None:
        """Store all of it, unless it was rolled back."""
        if self._is_open:
            self._end("COMMIT")

    def _end(self, statement: str) -> None:
        self._is_open = False
        self._connection.exec_driver_sql(statement)


@contextmanager
def session_transaction(connection: Connection, begin: str = "") -> Iterator[SessionTransaction]:
    """A transaction that is committed when the block ends; `begin` begins it, where the caller did not."""
    if begin:
        connection.exec_driver_sql(begin)
    transaction = SessionTransaction(connection)
    try:
        yield transaction
        transaction.commit()
    except BaseException:
        # Where the connection is gone, so is the transaction, and the first error says more.
        with suppress(SQLAlchemyError):
            transaction.rollback()
        raise
