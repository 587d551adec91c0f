"""Translation of the drivers' errors to the domain's errors."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeGuard

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from iotconfig.adapters.sql.tables import MAC_ADDRESS_CONSTRAINT
from iotconfig.domain.errors import (
    IotConfigError,
    ServiceClosed,
    StoreBusy,
    StoreFull,
    StoreNotReached,
    StoreReadOnly,
    StoreUnavailable,
)

from .lifetime import Lifetime

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

# SQLSTATE classes and codes (PostgreSQL, appendix A) of temporary conditions.
_UNAVAILABLE_CLASSES: Final = frozenset({"08", "40", "53", "57", "58"})
_UNAVAILABLE_STATES: Final = frozenset({"25P03", "55P03", "28000", "28P01", "3D000"})
_READ_ONLY: Final = "25006"
_DISK_FULL: Final = "53100"
# The server is a standby, or shuts down: its connections are of no further use.
_LEAVING_STATES: Final = frozenset({_READ_ONLY, "57P01", "57P02", "57P03", "57P04", "57P05"})
_SCHEMA_STATES: Final = frozenset({"42P01", "42703"})
# Missing permission; objects of others that depend on ours.
_REFUSED_STATES: Final = frozenset({"42501", "2BP01"})
# Errors about data, whose messages quote it.
_QUOTING_CLASSES: Final = frozenset({"22", "23"})

_SQLITE_FULL: Final = sqlite3.SQLITE_FULL
_SQLITE_UNAVAILABLE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)

_SQLITE_UNUSABLE: Final = {
    sqlite3.SQLITE_NOTADB: "The database file is not a SQLite database: set DATABASE_URL, or put a backup in its place.",
    sqlite3.SQLITE_CORRUPT: (
        "The database file is damaged. Stop the service, put a backup in its place, "
        "and remove the -wal and -shm files, which belong to the earlier file."
    ),
}

AWAY: Final = "The database cannot be reached, or did not answer in time."
READ_ONLY: Final = (
    "The database is read-only, so nothing can be stored: point DATABASE_URL at the primary, or promote the standby; "
    "the service then recovers by itself."
)
FILE_READ_ONLY: Final = (
    "The database file is read-only, so nothing can be stored: let the service's user write to the file, "
    "its -wal and -shm files, and their directory; the service then recovers by itself."
)
_REFUSED: Final = "The database refuses the operation: ask its administrator."
_TOO_FULL_TO_OPEN: Final = (
    "The disk of the database is full, so that it cannot be opened: free some space there."
)
SCHEMA_NOT_CURRENT: Final = (
    "The database's schema is not the one that this version needs: run 'iotconfig upgrade-db'."
)


@contextmanager
def translated(lifetime: Lifetime | None = None, file: str = "") -> Iterator[None]:
    """Translate the errors of drivers and pools inside the block to the domain's errors.

    Programming errors are not translated. After the end of `lifetime`, `ServiceClosed` is raised
    instead of running the block, and for any error of a block that was open. `file`: the file, if
    the driver's errors do not name it; it appears in the log only.
    """
    if lifetime is not None:
        lifetime.check()
    try:
        yield
    except _of_drivers() as error:
        translation = translation_of(error, lifetime, file)
    else:
        return
    # Without the cause: the driver's error may quote a row.
    raise translation from None


def translation_of(error: Exception, lifetime: Lifetime | None = None, file: str = "") -> Exception:
    """Return the domain's error for an error of a driver or a pool; arguments as of `translated`.

    Raise it `from None`: the driver's error may quote a row.
    """
    if lifetime is not None and lifetime.is_over:
        return ServiceClosed()
    if isinstance(error, PoolExhausted):
        return exhausted()
    return _translation(error.orig if isinstance(error, DBAPIError) else error, error, file)


def unavailable(
    message: str, reason: str, kind: type[StoreUnavailable] = StoreUnavailable
) -> StoreUnavailable:
    """Return a `StoreUnavailable`, and log its reason on one line."""
    reason = " ".join(reason.split())
    log.warning("the database is unavailable: %s", reason)
    return kind(message, reason)


def exhausted() -> StoreUnavailable:
    """Return the error for a pool without a free connection."""
    return unavailable(AWAY, "all connections are in use", StoreNotReached)


def busy(reason: str) -> StoreBusy:
    """Return a `StoreBusy`, and log its reason."""
    log.warning("the database is busy: %s", reason)
    return StoreBusy("Other changes kept the database locked for too long.", reason)


class DatabaseFault(Exception):
    """An unexpected database error, without the statement's values, which may contain secrets."""


def _translation(cause: BaseException | None, error: Exception, file: str) -> Exception:
    if _is_of_psycopg(cause):
        return _of_postgresql(cause) or DatabaseFault(_what_failed(cause))
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, file) or DatabaseFault(str(cause))
    return error


def _of_psycopg() -> tuple[type[psycopg.Error], ...]:
    """Return the base class of psycopg's errors; empty in a process that has not loaded it, such as one on SQLite."""
    driver = sys.modules.get("psycopg")
    return (driver.Error,) if driver is not None else ()


def _of_drivers() -> tuple[type[Exception], ...]:
    return (SQLAlchemyError, sqlite3.Error, *_of_psycopg())


def _is_of_psycopg(error: BaseException | None) -> TypeGuard[psycopg.Error]:
    return isinstance(error, _of_psycopg())


def _of_postgresql(cause: psycopg.Error) -> IotConfigError | None:
    import psycopg
    from psycopg_pool import PoolTimeout

    state = cause.sqlstate
    if isinstance(cause, PoolTimeout):
        return unavailable(AWAY, str(cause), StoreNotReached)
    if state == _READ_ONLY:
        return unavailable(READ_ONLY, _first_line(cause), StoreReadOnly)
    if state == _DISK_FULL:
        return StoreFull("The database has no room left.")
    if state in _REFUSED_STATES:
        return unavailable(_REFUSED, _first_line(cause))
    if state in _SCHEMA_STATES:
        return unavailable(SCHEMA_NOT_CURRENT, _first_line(cause))
    if state is None:
        # No connection, a broken one, or parameters that libpq refuses: there is no answer from a server.
        away = isinstance(cause, psycopg.OperationalError | psycopg.ProgrammingError)
    else:
        away = state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES
    return unavailable(AWAY, str(cause)) if away else None


def _of_sqlite(cause: sqlite3.Error, file: str) -> IotConfigError | None:
    primary = _code(cause) & 0xFF
    text = f"{file}: {cause}" if file else str(cause)
    if primary == _SQLITE_FULL:
        return StoreFull("The disk under the database is full.")
    if _code(cause) == sqlite3.SQLITE_IOERR_SHMSIZE:
        return unavailable(_TOO_FULL_TO_OPEN, text)
    if primary == sqlite3.SQLITE_READONLY:
        return unavailable(FILE_READ_ONLY, text, StoreReadOnly)
    if "no such table" in text or "no such column" in text:
        return unavailable(SCHEMA_NOT_CURRENT, text)
    if primary in _SQLITE_UNUSABLE:
        return unavailable(_SQLITE_UNUSABLE[primary], text)
    return unavailable(AWAY, text) if primary in _SQLITE_UNAVAILABLE else None


def _code(cause: sqlite3.Error) -> int:
    """Return SQLite's extended result code; 0 where the driver itself raised the error."""
    return getattr(cause, "sqlite_errorcode", 0)


def is_out_of_space(error: sqlite3.Error) -> bool:
    """Whether SQLite cannot write because a disk is full, a quota is used up, or the file would be too large."""
    # For the two latter it has no code but that of a failed write.
    is_full = _code(error) & 0xFF == _SQLITE_FULL
    return is_full or _code(error) in (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)


def _what_failed(cause: psycopg.Error) -> str:
    """Return the SQLSTATE, with the server's message unless it quotes values."""
    state = cause.sqlstate or ""
    return state if state[:2] in _QUOTING_CLASSES else f"{state}: {_first_line(cause)}"


def _first_line(cause: psycopg.Error) -> str:
    return cause.diag.message_primary or str(cause).partition("\n")[0]


def is_mac_address_conflict(error: IntegrityError) -> bool:
    """Whether the device has a config already. SQLite names a constraint's columns, not the constraint."""
    if _is_of_psycopg(error.orig):
        return error.orig.diag.constraint_name == MAC_ADDRESS_CONSTRAINT
    return str(error.orig).endswith("configs.mac_address")


def is_leaving(error: BaseException | None) -> bool:
    """Whether the error means that the server ends, or has ended, all connections."""
    return _is_of_psycopg(error) and error.sqlstate in _LEAVING_STATES


def is_read_only_file(error: BaseException | None) -> bool:
    """Whether a SQLite connection is read-only. One that was opened read-only remains so."""
    return (
        isinstance(error, sqlite3.Error)
        and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY
    )


def is_busy(error: BaseException) -> bool:
    """Whether another SQLite connection holds the lock, so that a retry may succeed."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
