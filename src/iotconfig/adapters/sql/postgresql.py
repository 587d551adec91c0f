"""PostgreSQL: psycopg 3 behind SQLAlchemy Core, with psycopg's own pool.

SQLAlchemy's pool serves waiting requests in no order (p99 822 ms at 256
connections, measured); psycopg's serves them first come, first served (80 ms).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, cast

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, text

from .failures import translated
from .timeouts import Timeouts
from .watchdog import Watchdog

DEFAULT_POOL_SIZE = 8
"""Connections per process: with more, throughput fell (measured)."""


class PostgresqlDatabase:
    """`Database` on PostgreSQL. Connections open when they are first needed."""

    def __init__(self, url: URL, timeouts: Timeouts, pool_size: int = DEFAULT_POOL_SIZE) -> None:
        self._timeouts = timeouts
        self._watchdog = Watchdog()
        self._pool = _Pool(url, timeouts, pool_size)
        self._writer = _engine(self._pool.getconn)
        # One statement needs no transaction around it: two round trips less.
        self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._connection(self._reader, self._timeouts.watchdog) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._connection(self._writer, self._timeouts.watchdog) as connection, connection.begin():
            yield connection

    def check(self) -> None:
        with self._connection(self._reader, self._timeouts.check) as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._writer.dispose()
        self._pool.close()
        self._watchdog.close()

    @contextmanager
    def _connection(self, engine: Engine, seconds: float) -> Iterator[Connection]:
        with translated(), engine.connect() as connection:
            driver = cast("psycopg.Connection[TupleRow]", connection.connection.driver_connection)
            with self._watchdog.guard(driver.fileno(), seconds):
                yield connection


class _PooledConnection(psycopg.Connection[TupleRow]):
    """A connection whose `close` gives it back to the pool that lent it, broken ones too.

    psycopg's own `close_returns` keeps the broken ones out, and with each of them
    a place of the pool: after as many as it has, it lends nothing any more.
    """

    lender: _Pool | None = None

    def close(self) -> None:
        lender, self.lender = self.lender, None
        if lender is None:
            super().close()
        else:
            lender.putconn(self)

    def add_notice_handler(self, callback: object) -> None:
        """Take none: SQLAlchemy adds one more at each checkout (4,400 seen after 2,200)."""


class _Pool(ConnectionPool[_PooledConnection]):
    """psycopg's pool, which finds dead connections without a round trip and says why it has none."""

    def __init__(self, url: URL, timeouts: Timeouts, size: int) -> None:
        self._failures: deque[str] = deque(maxlen=1)
        super().__init__(
            connection_class=_connection_class(self._failures),
            kwargs=connection_arguments(url, timeouts),
            min_size=1,
            max_size=size,
            timeout=timeouts.pool,
            # A short series of attempts, begun anew by the next request: a long outage
            # must not grow a long back-off.
            reconnect_timeout=1.0,
            check=self._check_alive,
            open=True,
        )

    def getconn(self, timeout: float | None = None) -> _PooledConnection:
        try:
            connection = super().getconn(timeout)
        except PoolTimeout as error:
            raise PoolTimeout(self._failures[-1] if self._failures else str(error)) from error
        connection.lender = self
        return connection

    def _check_alive(self, connection: _PooledConnection) -> None:
        """Notice a server that has gone: its farewell, and the end, wait in the socket's buffer.

        The first look reads the farewell, the second meets the end.

        The other connections will be dead too, so all are replaced at once; left to
        itself, the pool pauses for seconds between looking at one and the next.
        """
        try:
            connection.pgconn.consume_input()
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            self.drain()
            raise


def _connection_class(failures: deque[str]) -> type[_PooledConnection]:
    """The class of one pool's connections; `failures` gets what the latest failed attempt said."""

    class Connection(_PooledConnection):
        @classmethod
        def connect(cls, *args: Any, **kwargs: Any) -> Self:
            try:
                connection = super().connect(*args, **kwargs)
            except psycopg.Error as error:
                failures.append(str(error))
                raise
            failures.clear()
            return connection

    return Connection


def connection_arguments(url: URL, timeouts: Timeouts) -> dict[str, Any]:
    """The parameters for libpq: the URL's own, and our bounds."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    bounds = (
        f"-c statement_timeout={_milliseconds(timeouts.statement)}"
        f" -c lock_timeout={_milliseconds(timeouts.lock)}"
        f" -c idle_in_transaction_session_timeout={_milliseconds(timeouts.idle_transaction)}"
    )
    defaults = {"application_name": "iotconfig", "connect_timeout": timeouts.connect}
    return {**defaults, **arguments, "options": f"{bounds} {arguments.get('options', '')}".strip()}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _engine(connect: Callable[[], Any]) -> Engine:
    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=NullPool,
        # It would ask the database for the type's number at each checkout.
        use_native_hstore=False,
    )


def connect_once(url: URL, timeouts: Timeouts) -> Engine:
    """An engine without a pool, for work that is done once, such as migrations."""
    arguments = connection_arguments(url, timeouts)
    return _engine(lambda: psycopg.connect(**arguments))
