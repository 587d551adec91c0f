"""Transactions on a connection in autocommit mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from attrs import define
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError


@define
class SessionTransaction:
    """`Transaction` by explicit BEGIN, COMMIT and ROLLBACK."""

    _connection: Connection
    _is_open: bool = True

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def commit(self) -> None:
        """Commit, unless it was rolled back."""
        if self._is_open:
            self._end("COMMIT")

    def _end(self, statement: str) -> None:
        self._is_open = False
        self._connection.exec_driver_sql(statement)


@contextmanager
def session_transaction(connection: Connection, begin: str = "") -> Iterator[SessionTransaction]:
    """Commit when the block ends, roll back when it raises. `begin`: the statement that begins the transaction, if any."""
    if begin:
        connection.exec_driver_sql(begin)
    transaction = SessionTransaction(connection)
    try:
        yield transaction
        transaction.commit()
    except BaseException:
        # If the connection is lost, so is the transaction; the first error is the one to raise.
        with suppress(SQLAlchemyError):
            transaction.rollback()
        raise
