"""The database, its schema and its leases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.jobs.ports import Lease, Wakeup
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import is_thread_shared, yield_turn

if TYPE_CHECKING:
    from iotconfig.adapters.sql.engine.database import Database
    from iotconfig.adapters.sql.engine.url import DatabaseUrl
    from iotconfig.adapters.sql.migrations import Migrations


def parse_database_url(text: str) -> DatabaseUrl:
    """Parse the URL of a database. Raises `ValidationFailed`."""
    from iotconfig.adapters.sql.engine.url import DatabaseUrl

    return DatabaseUrl.parse(text)


def database_url(settings: Settings) -> DatabaseUrl:
    """The URL of the database. Raises `InvalidSetting`."""
    try:
        return parse_database_url(settings.database.url)
    except IotConfigError as error:
        raise InvalidSetting(f"DATABASE_URL: {error}") from None


def migrations(settings: Settings) -> Migrations:
    """The schema of the database."""
    from iotconfig.adapters.sql.migrations import Migrations

    return Migrations(database_url(settings), settings.database.timeouts)


def open_database(settings: Settings) -> Database:
    """The connections to the database. They open at their first use; the caller closes them."""
    url = database_url(settings)
    if url.is_sqlite:
        from iotconfig.adapters.sql.engine.sqlite import SqliteDatabase

        return SqliteDatabase(
            url.path,
            settings.database.timeouts,
            yield_turn if is_thread_shared() else None,
            settings.database.file,
        )
    from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(url.url, settings.database.timeouts, settings.database.pool_size)


@contextmanager
def database_maintenance(settings: Settings) -> Iterator[Mapping[str, str]]:
    """Maintenance of the database by the supervisor; gives variables for the environment of its processes."""
    url = database_url(settings)
    if not url.is_sqlite:
        yield {}
        return
    from iotconfig.adapters.sql.engine.log_keeper import keeping_log_short

    with keeping_log_short(url.path, settings.database.timeouts) as (device, inode):
        # Otherwise a worker that starts after the file was replaced would accept the new one.
        yield {"IOTCONFIG_DATABASE_FILE": f"{device}:{inode}"}


def wakeup(settings: Settings) -> Wakeup:
    """A new signal that something was committed, with a connection of its own."""
    url = database_url(settings)
    if url.is_sqlite:
        from iotconfig.adapters.sql.jobs.sqlite import SqliteWakeup

        return SqliteWakeup(url.path)
    from iotconfig.adapters.sql.jobs.postgresql import PostgresqlSession, PostgresqlWakeup

    return PostgresqlWakeup(PostgresqlSession(url.url, settings.database.timeouts))


def lease_and_wakeup(settings: Settings, job: str) -> tuple[Lease, Wakeup]:
    """The lease of the job of this name, and the signal that there is something to do for it."""
    url = database_url(settings)
    if url.is_sqlite:
        from iotconfig.adapters.sql.jobs.sqlite import SqliteLease, SqliteWakeup

        return SqliteLease(url.path, job), SqliteWakeup(url.path)
    from iotconfig.adapters.sql.jobs.postgresql import PostgresqlLease, PostgresqlSession, PostgresqlWakeup

    session = PostgresqlSession(url.url, settings.database.timeouts)
    return PostgresqlLease(session, job), PostgresqlWakeup(session)
