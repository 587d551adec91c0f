"""The database, and how long it may take."""

from __future__ import annotations

from attrs import frozen

from iotconfig.adapters.sql.engine.pool_size import DEFAULT_POOL_SIZE
from iotconfig.adapters.sql.engine.timeouts import Timeouts

from . import parsers
from .fields import InvalidSetting, Variable, section, setting


@frozen
class DatabaseSettings:
    """The database, and how long it may take."""

    url: str = setting(
        "DATABASE_URL",
        str,
        "sqlite:///iotconfig.db",
        "The database of the configs: postgresql://user:password@host:5432/name or sqlite:///file.db, "
        "or the URL of a store of another installed package",
        secret=True,
    )
    file: tuple[int, int] | None = setting(
        "IOTCONFIG_DATABASE_FILE",
        parsers.file_identity,
        None,
        "Device and inode of the SQLite file that the service has open. `serve` sets it for its processes",
    )
    pool_size: int = setting(
        "IOTCONFIG_DB_POOL_SIZE",
        parsers.number(int, 1, 100),
        DEFAULT_POOL_SIZE,
        "PostgreSQL connections of each worker. A quarter of them is reserved for fetches of devices "
        "(of two or three connections, one)",
    )
    timeouts: Timeouts = section(
        Timeouts,
        connect=Variable(
            "IOTCONFIG_DB_CONNECT_TIMEOUT", parsers.number(int, 2, 60), "Seconds for opening a connection"
        ),
        pool=Variable(
            "IOTCONFIG_DB_POOL_TIMEOUT",
            parsers.seconds,
            "Seconds of waiting for a free connection of the pool",
        ),
        statement=Variable("IOTCONFIG_DB_STATEMENT_TIMEOUT", parsers.seconds, "Seconds for one statement"),
        lock=Variable("IOTCONFIG_DB_LOCK_TIMEOUT", parsers.seconds, "Seconds of waiting for another writer"),
        idle_transaction=Variable(
            "IOTCONFIG_DB_IDLE_TRANSACTION_TIMEOUT",
            parsers.seconds,
            "Seconds after which PostgreSQL ends an idle transaction",
        ),
        watchdog=Variable(
            "IOTCONFIG_DB_WATCHDOG_TIMEOUT",
            parsers.seconds,
            "Seconds after which the client closes a connection that does not answer. "
            "At least IOTCONFIG_DB_STATEMENT_TIMEOUT",
        ),
        bulk=Variable(
            "IOTCONFIG_DB_BULK_TIMEOUT",
            parsers.seconds,
            "Seconds for one statement of an import, an export, or a patch to many configs",
        ),
    )

    def __attrs_post_init__(self) -> None:
        if self.timeouts.watchdog < self.timeouts.statement:
            raise InvalidSetting(
                "IOTCONFIG_DB_WATCHDOG_TIMEOUT: it must not be below IOTCONFIG_DB_STATEMENT_TIMEOUT "
                f"({self.timeouts.statement:g}), whose error is more precise"
            )
