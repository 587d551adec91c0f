"""psycopg's connection pool, extended for SQLAlchemy and with bounds on every wait."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Any, Final, Self

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.generators import execute
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.waiting import Ready, Wait
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy import URL

from iotconfig.adapters.telemetry import PoolUse

from .failures import is_leaving
from .fair_semaphore import FairSemaphore, reserved_for_devices
from .gevent_wait import wait_readable
from .libpq import connection_arguments, prepare
from .timeouts import Timeouts
from .watchdog import Watchdog

_RENEW_EVERY: Final = 1.0
"""Seconds between two replacements of all idle connections."""


class PooledConnection(psycopg.Connection[TupleRow]):
    """A connection whose `close` returns it to its pool, also if it is broken.

    psycopg's own `close_returns` does not return broken ones, so that each of them takes a slot of the pool for ever.
    """

    lender: Pool | None = None
    knows_lookup = False
    """Whether the statement of `document_lookup` is known to be prepared."""
    is_for_device = False
    """Whether the current loan may use a permit that is reserved for devices."""
    is_unusable = False
    """Whether its server is of no use, such as a standby; the connection is then closed at its return."""
    after_commit = b""
    """A query to send once the present transaction has committed; its failure is ignored."""

    def notice(self, error: BaseException | None) -> None:
        """Mark the connection as unusable if this error means so."""
        if is_leaving(error):
            self.is_unusable = True

    def close(self) -> None:
        if self.lender is None:
            super().close()
        else:
            self.lender.take_back(self)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Run one of psycopg's generators to its end; in a greenlet, by the faster wait."""
        if wait_readable is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            wanted = next(gen)
            while wanted == Wait.R:
                wait_readable(self.pgconn.socket)
                wanted = gen.send(Ready.R)
        except StopIteration as end:
            result: RV = end.value
            return result
        return super().wait(_resumed(gen, wanted), interval)

    def commit(self) -> None:
        """Commit, then send the query `after_commit`."""
        super().commit()
        query, self.after_commit = self.after_commit, b""
        if query:
            # An error ends the connection or is the query's own; the transaction is stored either way.
            with suppress(psycopg.Error):
                self.pgconn.send_query(query)
                self.wait(execute(self.pgconn))

    def rollback(self) -> None:
        """Roll back. psycopg then deallocates all prepared statements, including the lookup's."""
        self.after_commit = b""
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            self.knows_lookup = False
        super().rollback()

    def add_notice_handler(self, callback: object) -> None:
        """Ignore it: SQLAlchemy adds another handler at each checkout (4,400 after 2,200)."""


class Pool(ConnectionPool[PooledConnection]):
    """A pool that limits the time of a loan, detects dead connections without a round trip, and reports why it is empty."""

    def __init__(self, url: URL, timeouts: Timeouts, size: int, watchdog: Watchdog) -> None:
        self._failures: deque[str] = deque(maxlen=1)
        self._watchdog = watchdog
        self._loan_seconds = timeouts.watchdog
        self._lent: dict[PooledConnection, int] = {}
        # Requests wait here, in order, and not in psycopg's pool, whose wait takes 10 µs more
        # processor time under gevent.
        self._connections_free = FairSemaphore(size, reserved_for_devices(size))
        self._renewed_at = 0.0
        super().__init__(
            connection_class=_connection_class(self._failures),
            kwargs=connection_arguments(url, timeouts),
            min_size=1,
            max_size=size,
            timeout=timeouts.pool,
            # A short series of attempts, restarted by the next request: a long outage must not
            # lead to a long back-off.
            reconnect_timeout=1.0,
            configure=prepare,
            check=self._check_alive,
            open=True,
        )

    def getconn(self, timeout: float | None = None, *, for_device: bool = False) -> PooledConnection:
        """Lend a connection, for at most the watchdog's time-out. Some are reserved `for_device`."""
        allowed = self.timeout if timeout is None else timeout
        until = monotonic() + allowed
        if not self._connections_free.acquire(allowed, for_device=for_device):
            raise self._exhausted(f"no connection was free for {allowed:g} s")
        try:
            connection = super().getconn(until - monotonic())
            # A broken connection no longer has its descriptor.
            self._lent[connection] = connection.fileno()
            self._watchdog.watch(self._lent[connection], self._loan_seconds)
        except BaseException as error:
            self._connections_free.release(for_device=for_device)
            if isinstance(error, PoolTimeout):
                raise self._exhausted(str(error)) from error
            raise
        connection.lender, connection.is_for_device = self, for_device
        return connection

    def take_back(self, connection: PooledConnection) -> None:
        """End a loan."""
        # Before it returns to the pool, where another thread may get it.
        connection.lender, for_device = None, connection.is_for_device
        self._watchdog.release(self._lent.pop(connection))
        try:
            if connection.is_unusable or connection.closed:
                connection.close()
                self._renew()
            self.putconn(connection)
        finally:
            self._connections_free.release(for_device=for_device)

    def _renew(self) -> None:
        """Replace the idle connections, because one to the same server was just found unusable.

        Limited in rate: while a database is read-only, every write finds one.
        """
        now = monotonic()
        if now - self._renewed_at >= _RENEW_EVERY:
            self._renewed_at = now
            self.drain()

    def _exhausted(self, reason: str) -> PoolTimeout:
        """Return the error for an empty pool: the latest failure to connect, or else `reason`."""
        return PoolTimeout(self._failures[-1] if self._failures else reason)

    def use(self) -> PoolUse:
        """Return the numbers of connections lent, idle and waited for."""
        found = self.get_stats()
        return PoolUse(
            in_use=len(self._lent),
            idle=found.get("pool_available", 0),
            limit=self.max_size,
            waiting=self._connections_free.waiting,
        )

    def _check_alive(self, connection: PooledConnection) -> None:
        """Detect a server that has shut down, without a round trip.

        Its FATAL message and the end of the stream are buffered: the first read consumes the message,
        the second raises. The other connections are dead, too, so all are replaced at once; the pool by
        itself waits for seconds between checking one and the next.
        """
        try:
            connection.pgconn.consume_input()
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            self.drain()
            raise


def _resumed(gen: PQGen[RV], wanted: Wait) -> PQGen[RV]:
    """Resume a partially consumed psycopg generator."""
    while True:
        ready = yield wanted
        try:
            wanted = gen.send(ready)
        except StopIteration as end:
            result: RV = end.value
            return result


def _connection_class(failures: deque[str]) -> type[PooledConnection]:
    """Return the connection class of one pool. `failures`: receives the latest failure to connect."""

    class Connection(PooledConnection):
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
