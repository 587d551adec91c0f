"""The schema of a database: its revision, and its upgrade.

All pending migrations run in one transaction and under one lock: two `upgrade-db` at the
same time run one after the other, and a failure leaves the schema unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from attrs import evolve, field, frozen
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from iotconfig.domain.errors import StoreUnavailable, ValidationFailed

from .engine.failures import translated
from .engine.sqlite import begin_reading, execute_patiently
from .engine.sqlite import connect as connect_sqlite
from .engine.sqlite_location import absence, create, require_file
from .engine.timeouts import Timeouts
from .engine.url import DatabaseUrl
from .engine.watchdog import Watchdog
from .migration_scripts import Migration, known_revisions, migrations_after
from .tables import VERSION_TABLE

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

_LOCK_KEY: Final = 0x696F74636F6E66
"""`iotconf` in ASCII: the number of our advisory lock in a PostgreSQL database."""

_UPGRADE_WAIT: Final = 60.0
"""Seconds to wait for another upgrade, and for the tables' users, before giving up."""


_IS_THERE: Final = {
    "postgresql": text(f"SELECT to_regclass('{VERSION_TABLE}') IS NOT NULL"),
    "sqlite": text(f"SELECT 1 FROM sqlite_schema WHERE name = '{VERSION_TABLE}'"),  # noqa: S608 - a name of ours
}
"""Whether there is a version table, where the names of tables are looked up."""

_APPLIED: Final = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a name of ours


@frozen
class SchemaStatus:
    """The revision of a schema, and the migrations that it lacks."""

    current: str | None
    """The newest migration applied; None in an empty database."""
    pending: tuple[Migration, ...]
    """The migrations that `upgrade` would apply, in order."""
    known: bool = True
    """False where a newer version of the program has upgraded the database."""
    missing: str = ""
    """The message if there is no database, or an empty file; otherwise empty."""

    @property
    def is_current(self) -> bool:
        """Whether this version of the program can work with the database."""
        return self.known and not self.pending


@frozen
class Migrations:
    """The schema of one database."""

    url: DatabaseUrl
    timeouts: Timeouts = field(factory=Timeouts)

    def status(self) -> SchemaStatus:
        """Return the revision of the schema and the pending migrations. Raises `StoreUnavailable`. Creates nothing."""
        missing = absence(self.url.path) if self.url.is_sqlite else ""
        if missing:
            return evolve(_status(None), missing=missing)
        with (
            translated(file=self._file),
            self._engine() as engine,
            engine.connect() as connection,
            self._bounded(connection, self.timeouts.watchdog),
        ):
            if self.url.is_sqlite:
                begin_reading(connection, self.timeouts.lock)
            else:
                # Without a transaction, two round trips less for each command and each start.
                connection.execution_options(isolation_level="AUTOCOMMIT")
                _check_encoding(connection)
            return _status(_current(connection))

    def require_existing(self) -> None:
        """Raise `StoreUnavailable`, with the remedy, if there is no SQLite file at the path."""
        if self.url.is_sqlite:
            require_file(self.url.path)

    def require_current(self) -> None:
        """Raise `StoreUnavailable` where this version cannot work with the schema."""
        self.require_existing()
        status = self.status()
        if not status.known:
            raise StoreUnavailable(
                f"{self.url} is at schema {status.current}, which this version does not know: "
                "a newer version has upgraded it. Install that version."
            )
        if status.pending:
            raise StoreUnavailable(
                f"The schema of {self.url} is not the one that this version needs: run 'iotconfig upgrade-db'."
            )

    def prepare(self) -> tuple[Migration, ...]:
        """Upgrade SQLite, and create its file if there is none; require PostgreSQL to be current.

        Returns the applied migrations. Raises `StoreUnavailable`.
        """
        if self.url.is_sqlite:
            return self.upgrade()
        self.require_current()
        return ()

    def upgrade(self, *, recreate: bool = False) -> tuple[Migration, ...]:
        """Apply the pending migrations, and return them.

        `recreate`: first undo every migration, which drops iotconfig's tables with their
        data, and nothing else in the database.

        Raises `StoreUnavailable`, and `ValidationFailed` where the schema cannot
        be upgraded.
        """
        if self.url.is_sqlite:
            create(self.url.path)
        with (
            translated(file=self._file),
            self._engine() as engine,
            engine.connect() as connection,
            self._bounded(connection, 2 * _UPGRADE_WAIT),
        ):
            self._lock(connection)
            if not self.url.is_sqlite:
                _check_encoding(connection)
            status = _status(_current(connection))
            if not status.known:
                self.require_current()
            if recreate or status.pending:
                status = _migrated(connection, status, recreate=recreate)
            connection.commit()
        return status.pending

    @property
    def _file(self) -> str:
        """The file that errors name; empty for PostgreSQL, whose errors name the server."""
        return str(self.url.path) if self.url.is_sqlite else ""

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        if self.url.is_sqlite:
            engine = connect_sqlite(self.url.path, self.timeouts)
        else:
            from .engine.postgresql import connect_once

            engine = connect_once(self.url.url, self.timeouts)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def _bounded(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Cut the connection if PostgreSQL does not answer in time. SQLite has no connection that can hang."""
        if self.url.is_sqlite:
            yield
            return
        from .engine.postgresql import descriptor_of

        watchdog = Watchdog()
        try:
            with watchdog.guard(descriptor_of(connection), seconds):
                yield
        finally:
            watchdog.close()

    def _lock(self, connection: Connection) -> None:
        """Begin the transaction, and wait for other upgrades to end theirs."""
        if self.url.is_sqlite:
            # Kept in the file, so it is set once, and here, where the lock may be waited for.
            execute_patiently(connection, "PRAGMA journal_mode = WAL", _UPGRADE_WAIT)
            execute_patiently(connection, "BEGIN IMMEDIATE", _UPGRADE_WAIT)
            return
        for setting in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {setting} = {round(_UPGRADE_WAIT * 1000)}"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _migrated(connection: Connection, status: SchemaStatus, *, recreate: bool) -> SchemaStatus:
    """Apply the pending migrations, with `recreate` after undoing all. Returns the status with the applied ones as `pending`."""
    # Most starts have nothing to apply, and Alembic takes longer to import than the check itself.
    from .migration_runner import apply_all, undo_all

    if recreate and status.current is not None:
        undo_all(connection)
        status = _status(None)
    try:
        apply_all(connection)
    except DBAPIError as error:
        if "already exists" not in str(error.orig):
            raise
        raise ValidationFailed(
            "Another program has created a table with the name of an iotconfig table: "
            "use a separate database, or a separate schema (search_path)."
        ) from error
    return status


def _check_encoding(connection: Connection) -> None:
    """Documents are kept verbatim, in any script."""
    driver = cast("psycopg.Connection[TupleRow]", connection.connection.driver_connection)
    # The server says it when a connection opens; a proxy may leave it out.
    encoding = driver.info.parameter_status("server_encoding")
    if encoding is None:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise ValidationFailed(
            f"The database's encoding is {encoding}, and not UTF8: create it with ENCODING 'UTF8' TEMPLATE template0."
        )


def _current(connection: Connection) -> str | None:
    """Return the newest applied migration; None without a version table, or if that is empty."""
    if not connection.execute(_IS_THERE[connection.dialect.name]).scalar():
        return None
    return connection.execute(_APPLIED).scalar()


def _status(current: str | None) -> SchemaStatus:
    known = current is None or current in known_revisions()
    return SchemaStatus(current, migrations_after(current) if known else (), known)
