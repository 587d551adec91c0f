"""SQLite, the embedded database: write-ahead log, one writer at a time, no blocking wait.

A blocking `busy_timeout` freezes every greenlet of a worker (5 s seen). So locks are requested
without waiting, and retried in Python, where other greenlets run. Nothing may wait inside a write
transaction: a second greenlet would then lock the worker against itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast
from urllib.parse import quote

from attrs import frozen
from sqlalchemy import Connection, Dialect, Engine, ExceptionContext, QueuePool, Table, create_engine, event
from sqlalchemy.exc import DBAPIError

from iotconfig.adapters.telemetry import LogUse, PoolUse
from iotconfig.domain.errors import StoreUnavailable

from .cooperate import SharingConnection, YieldTurn
from .engines import engine_on
from .failures import busy, exhausted, is_busy, is_read_only_file, translated
from .fair_semaphore import FairSemaphore, reserved_for_devices
from .lifetime import Lifetime
from .manual_transaction import session_transaction
from .sqlite_file import LOG_BYTES, LOG_STUCK, STUCK_BYTES, OpenFile
from .sqlite_index import Identity
from .timeouts import Timeouts

T = TypeVar("T")

_POOL_SIZE = 8
_BEGIN_WRITING = "BEGIN IMMEDIATE"
_PRAGMAS = (
    "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; "
    # Once the whole log is copied, the next commit restarts it and truncates the file to this size.
    f"PRAGMA journal_size_limit = {LOG_BYTES};"
)
_DOCUMENT = "SELECT number, body, etag FROM documents WHERE mac_address = ?"


class SqliteDatabase:
    """`Database` on a SQLite file that exists."""

    def __init__(
        self,
        path: Path,
        timeouts: Timeouts,
        yield_turn: YieldTurn | None = None,
        file: Identity | None = None,
    ) -> None:
        """`yield_turn`: called during long statements to let other greenlets run, where requests share a thread.

        `file`: the identity that the file must have, if it is known.
        """
        self._path = path
        self._timeouts = timeouts
        self._yield_turn = yield_turn
        self._engine = connect(path, timeouts, yield_turn=yield_turn)
        self._connections_free = FairSemaphore(_POOL_SIZE, reserved_for_devices(_POOL_SIZE))
        self._file = open_file(path, timeouts, file)
        self._writer = Lock()
        self._lifetime = Lifetime()

    def reading(self) -> AbstractContextManager[Connection]:
        return self._reading(for_device=False)

    def serving(self) -> AbstractContextManager[Connection]:
        return self._reading(for_device=True)

    @contextmanager
    def _reading(self, *, for_device: bool) -> Iterator[Connection]:
        with self._translated():
            self._file.check_now_and_then()
            with self._permit(for_device=for_device), _connected(self._engine) as connection:
                begin_reading(connection, self._timeouts.lock)
                yield connection

    @contextmanager
    def _translated(self, *, is_written: bool = False) -> Iterator[None]:
        """Translate the driver's errors. A problem with the file takes precedence, because it explains them.

        `is_written`: the block may have committed a change.
        """
        with translated(self._lifetime, str(self._path)):
            try:
                yield
            except (DBAPIError, sqlite3.Error):
                try:
                    if not self._lifetime.is_over:
                        self._file.check(is_written=is_written)
                except StoreUnavailable as explanation:
                    raise explanation from None
                raise

    @contextmanager
    def _permit(self, *, for_device: bool) -> Iterator[None]:
        """Hold a permit for a connection of the pool, which then has one free."""
        if not self._connections_free.acquire(self._timeouts.pool, for_device=for_device):
            raise exhausted()
        try:
            yield
        finally:
            self._connections_free.release(for_device=for_device)

    def document(self, mac_address: str) -> tuple[int, bytes, str] | None:
        # On the driver's connection: through SQLAlchemy, the same row took ten times as long.
        with self._translated():
            self._file.check_now_and_then()
            row = self._row(mac_address)
        return None if row is None else (row[0], row[1].encode(), row[2])

    def _row(self, mac_address: str) -> tuple[int, str, str] | None:
        with self._permit(for_device=True), closing(self._engine.raw_connection()) as borrowed:
            driver = cast("sqlite3.Connection", borrowed.driver_connection)

            def find() -> tuple[int, str, str] | None:
                found: tuple[int, str, str] | None = driver.execute(_DOCUMENT, (mac_address,)).fetchone()
                return found

            try:
                return find()
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
                return _patiently(find, self._timeouts.lock)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with _held(self._writer, self._timeouts.lock), self._translated(is_written=True):
            self._file.check()
            with self._permit(for_device=False), _connected(self._engine) as connection:
                execute_patiently(connection, _BEGIN_WRITING, self._timeouts.lock)
                yield connection
                # A commit may start a checkpoint, which would copy the log into a file that was overwritten meanwhile.
                self._file.check_contents()
                connection.commit()
            # Again: a change in a file that is no longer in place must not be acknowledged.
            self._file.check(is_written=True)

    @contextmanager
    def session(self) -> Iterator[SqliteSession]:
        with self._translated(), self._unpooled() as connection:
            yield SqliteSession(connection, self._file, self._writer, self._timeouts.lock)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with self._translated(), self._unpooled() as connection:
            begin_reading(connection, self._timeouts.lock)
            yield connection

    @contextmanager
    def _unpooled(self) -> Iterator[Connection]:
        self._file.check()
        engine = connect(self._path, self._timeouts, yield_turn=self._yield_turn)
        try:
            with _connected(engine) as connection:
                yield connection
        finally:
            engine.dispose()

    def check(self) -> None:
        with self._translated():
            self._file.check()
            self._file.require_writable()
        with self.serving():
            return

    def use(self) -> PoolUse:
        pool = cast("QueuePool", self._engine.pool)
        return PoolUse(
            in_use=pool.checkedout(),
            idle=pool.checkedin(),
            limit=_POOL_SIZE,
            waiting=self._connections_free.waiting,
        )

    def log(self) -> LogUse:
        size = self._file.log_bytes()
        return LogUse(size, LOG_STUCK.format(size // 1_000_000) if size > STUCK_BYTES else None)

    def close(self) -> None:
        self._lifetime.is_over = True
        self._engine.dispose()
        self._file.close()


def open_file(
    path: Path, timeouts: Timeouts, expected: Identity | None = None, *, is_first: bool = False
) -> OpenFile:
    """Return the file as this process has it open. It is opened at the first check.

    `is_first`: this process starts the others of this service, and ends last.
    """
    return OpenFile(path, lambda: _opened(path, timeouts), expected, is_first=is_first)


@frozen
class SqliteSession:
    """`Session` on SQLite. Its temporary tables are in a separate file, so filling them takes no lock."""

    connection: Connection
    _file: OpenFile
    _writer: Lock
    _lock_timeout: float

    def fill(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        marks = ", ".join("?" * len(table.columns))
        driver = cast("sqlite3.Connection", self.connection.connection.driver_connection)
        is_alone = not driver.in_transaction
        if is_alone:
            driver.execute("BEGIN")
        try:
            driver.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 (a name of ours)
        finally:
            if is_alone:
                driver.execute("COMMIT")

    def analyze(self, table: Table) -> None:
        """Do nothing: SQLite finds the rows by the tables' keys."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        with _held(self._writer, self._lock_timeout):
            self._file.check()
            execute_patiently(self.connection, _BEGIN_WRITING, self._lock_timeout)
            with session_transaction(self.connection):
                yield
                self._file.check()
            self._file.check(is_written=True)


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    """Lend a connection. An exception of a turn during a statement is raised in place of SQLite's interruption."""
    with engine.connect() as connection:
        driver = cast("SharingConnection", connection.connection.driver_connection)
        try:
            yield connection
        except (DBAPIError, sqlite3.Error):
            driver.raise_interruption()
            raise


@contextmanager
def _held(writer: Lock, seconds: float) -> Iterator[None]:
    """Hold the lock of this process's writers."""
    if not writer.acquire(timeout=seconds):
        raise busy("this process's other writers hold the database for too long")
    try:
        yield
    finally:
        writer.release()


def begin_reading(connection: Connection, seconds: float) -> None:
    """Start a transaction that reads one state of the file.

    It takes the read lock at once, with retries, because the lock is refused briefly while another
    process opens or closes the file. Later reads of the transaction need no wait.
    """
    connection.exec_driver_sql("BEGIN")
    execute_patiently(connection, "SELECT 1 FROM sqlite_schema LIMIT 1", seconds)


def execute_patiently(connection: Connection, statement: str, seconds: float) -> None:
    """Run a statement that needs a lock. While another connection has it, retry for up to `seconds`."""
    try:
        _patiently(lambda: connection.exec_driver_sql(statement), seconds)
    except DBAPIError as error:
        if statement != _BEGIN_WRITING or not is_busy(error):
            raise
        raise busy("another process holds the write lock for too long") from None


def _patiently(attempt: Callable[[], T], seconds: float) -> T:
    """Return what the attempt returns. While another connection has the lock, try again, for up to `seconds`."""
    # Nearly all find it free; preparing retries takes as long as a short statement, and loading their library far longer.
    try:
        return attempt()
    except (DBAPIError, sqlite3.Error) as error:
        if not is_busy(error):
            raise
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

    retrying = Retrying(
        retry=retry_if_exception(is_busy),
        wait=wait_random(0.001, 0.008),
        stop=stop_after_delay(seconds),
        reraise=True,
    )
    return retrying(attempt)


def connect(path: Path, timeouts: Timeouts, yield_turn: YieldTurn | None = None) -> Engine:
    """Return an engine on an existing SQLite file. Long statements call `yield_turn`.

    Transactions are begun explicitly: those of the driver begin late, without the lock.
    """

    def open_it() -> Any:
        return _opened(path, timeouts, yield_turn)

    return engine_on(
        _dialect(),
        lambda dialect: QueuePool(
            open_it, pool_size=_POOL_SIZE, max_overflow=0, timeout=timeouts.pool, dialect=dialect
        ),
    )


@cache
def _dialect() -> Dialect:
    dialect = create_engine("sqlite://").dialect
    event.listen(dialect, "handle_error", _renew_read_only)
    return dialect


def _renew_read_only(context: ExceptionContext) -> None:
    """Make the pool reopen its connections: those that were opened on a read-only file remain read-only."""
    if is_read_only_file(context.original_exception):
        context.is_disconnect = True


def _opened(path: Path, timeouts: Timeouts, yield_turn: YieldTurn | None = None) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file_uri(path),
        uri=True,
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
        factory=SharingConnection,
    )
    if yield_turn is not None:
        connection.yield_turns_by(yield_turn)
    # FULL: acknowledged changes survive a loss of power. The pragmas read the schema, and so may
    # be refused while another process opens or closes the file.
    try:
        _patiently(lambda: connection.executescript(_PRAGMAS), timeouts.lock)
    except BaseException:
        connection.close()
        raise
    return connection


def file_uri(path: Path) -> str:
    """Return SQLite's URI of a file, which must exist."""
    return f"file:{quote(str(path))}?mode=rw"
