"""The composition root: the one place that knows which adapters are joined."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.service import ConfigService

from .settings import InvalidSetting, Settings

if TYPE_CHECKING:
    import falcon

    from iotconfig.adapters.sql.database import Database
    from iotconfig.adapters.sql.migrations import Migrations
    from iotconfig.adapters.sql.timeouts import Timeouts
    from iotconfig.adapters.sql.url import DatabaseUrl


def database_url(settings: Settings) -> DatabaseUrl:
    """Which database. Raises `InvalidSetting`."""
    from iotconfig.adapters.sql.url import DatabaseUrl

    try:
        return DatabaseUrl.parse(settings.database_url)
    except IotConfigError as error:
        raise InvalidSetting(f"DATABASE_URL: {error}") from None


def migrations(settings: Settings) -> Migrations:
    """The schema of the database."""
    from iotconfig.adapters.sql.migrations import Migrations

    return Migrations(database_url(settings), _timeouts(settings))


@contextmanager
def open_service(settings: Settings) -> Iterator[ConfigService]:
    """The use cases on the database; its connections are closed at the end of the block."""
    database = _open_database(settings)
    try:
        yield _service(database)
    finally:
        database.close()


def create_app(settings: Settings) -> falcon.App[Any, Any]:
    """The HTTP API on the database, whose connections live as long as the process."""
    from iotconfig.adapters.http.app import create_app

    return create_app(
        _service(_open_database(settings)),
        max_content_bytes=settings.max_content_bytes,
        cors_origins=settings.cors_origins,
        require_if_match=settings.require_if_match,
    )


def utc_now() -> datetime:
    """`Clock` of the machine."""
    return datetime.now(UTC)


def _service(database: Database) -> ConfigService:
    from iotconfig.adapters.sql.store import SqlStore

    return ConfigService(SqlStore(database), utc_now)


def _open_database(settings: Settings) -> Database:
    url = database_url(settings)
    if url.is_sqlite:
        from iotconfig.adapters.sql.sqlite import SqliteDatabase

        return SqliteDatabase(url.path, _timeouts(settings))
    from iotconfig.adapters.sql.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(url.url, _timeouts(settings), settings.db_pool_size)


def _timeouts(settings: Settings) -> Timeouts:
    from iotconfig.adapters.sql.timeouts import Timeouts

    return Timeouts(
        connect=settings.db_connect_timeout,
        pool=settings.db_pool_timeout,
        statement=settings.db_statement_timeout,
        lock=settings.db_lock_timeout,
        idle_transaction=settings.db_idle_transaction_timeout,
        watchdog=settings.db_watchdog_timeout,
    )
