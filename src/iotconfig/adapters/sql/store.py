"""`Store` over a database: repositories on a connection, for as long as a block runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

from .database import Database
from .notifications import SqlNotificationOutbox
from .repository import SqlConfigRepository, SqlDeviceRepository


@frozen
class SqlUnitOfWork:
    """`UnitOfWork` over one transaction."""

    configs: SqlConfigRepository
    devices: SqlDeviceRepository
    notifications: SqlNotificationOutbox


@frozen
class SqlStore:
    """`Store` over one database."""

    _database: Database

    @contextmanager
    def reading(self) -> Iterator[SqlConfigRepository]:
        with self._database.reading() as connection:
            yield SqlConfigRepository(connection)

    @contextmanager
    def writing(self) -> Iterator[SqlUnitOfWork]:
        with self._database.writing() as connection:
            yield SqlUnitOfWork(
                SqlConfigRepository(connection),
                SqlDeviceRepository(connection),
                SqlNotificationOutbox(connection),
            )

    def check(self) -> None:
        self._database.check()
