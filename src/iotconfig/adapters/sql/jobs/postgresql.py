"""A lease as a session-level advisory lock, and a wake-up by LISTEN, in one session of PostgreSQL.

Lock and subscription end with the session, however its process ends.
"""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, suppress
from hashlib import blake2b
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import URL

from iotconfig.adapters.sql.announcing import WAKE_CHANNEL
from iotconfig.adapters.sql.engine.libpq import IS_READ_ONLY, connection_arguments
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.watchdog import Watchdog

log = logging.getLogger(__name__)

_KEEPALIVES: Final = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 -c tcp_user_timeout=15000"
"""Settings of the server's side of the connection. With its defaults, the server keeps the lock of a host
that lost power for two hours, and for a quarter of an hour where data is unacknowledged."""


class PostgresqlSession:
    """The session of one job, opened when it is first needed. Used by one thread."""

    def __init__(self, url: URL, timeouts: Timeouts) -> None:
        arguments = connection_arguments(url, timeouts)
        self._arguments = {**arguments, "options": f"{arguments['options']} {_KEEPALIVES}"}
        self._timeouts = timeouts
        self._watchdog = Watchdog()
        self.connection: psycopg.Connection | None = None
        """None while the session is closed."""

    def open(self) -> psycopg.Connection:
        """Return the connection, a new one where the session is closed. Raises `psycopg.Error`."""
        if self.connection is None:
            self.connection = psycopg.connect(**self._arguments, autocommit=True)
        return self.connection

    def bounded(self, connection: psycopg.Connection) -> AbstractContextManager[None]:
        """Cut the connection where the statements in the block take too long."""
        return self._watchdog.guard(connection.fileno(), self._timeouts.check)

    def drop(self) -> None:
        """Close the connection; the next use opens another."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        """Close the connection, and stop watching it."""
        self.drop()
        self._watchdog.close()


class PostgresqlLease:
    """`Lease` as an advisory lock."""

    def __init__(self, session: PostgresqlSession, name: str) -> None:
        """`name`: the job's; leases of different names do not compete."""
        self._session = session
        self._name = name
        self._key = _lock_key(name)
        self._held_in: psycopg.Connection | None = None
        """The connection whose session has the lock."""
        self._is_away = False

    def hold(self) -> bool:
        try:
            connection = self._session.open()
            with self._session.bounded(connection):
                self._require_writable(connection)
                if connection is self._held_in:
                    _discard_wakeups(connection)
                else:
                    self._held_in = connection if self._take(connection) else None
        except psycopg.Error as error:
            if not self._is_away:
                reason = " ".join(str(error).split())
                log.warning("%s: no lease, because the database is away: %s", self._name, reason)
            self._is_away = True
            self._held_in = None
            self._session.drop()
        else:
            self._is_away = False
        return self._held_in is not None

    def release(self) -> None:
        connection = self._session.connection
        if connection is not None and connection is self._held_in:
            # Closing the session frees the lock only after the server has noticed it.
            with suppress(psycopg.Error), self._session.bounded(connection):
                connection.execute("SELECT pg_advisory_unlock(%s)", [self._key])
        self._held_in = None
        self._session.close()

    def _take(self, connection: psycopg.Connection) -> bool:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [self._key]).fetchone()
        return row is not None and bool(row[0])

    @staticmethod
    def _require_writable(connection: psycopg.Connection) -> None:
        """Raise on a read-only database: a job could not record its work there, and would repeat it for ever."""
        row = connection.execute(f"SELECT {IS_READ_ONLY}".encode()).fetchone()
        if row is None or row[0]:
            raise psycopg.errors.ReadOnlySqlTransaction("it is read-only")


class PostgresqlWakeup:
    """`Wakeup` by LISTEN, in the session of the job's lease."""

    def __init__(self, session: PostgresqlSession) -> None:
        self._session = session
        self._listening: psycopg.Connection | None = None
        """The connection that listens. It begins at the first wait: a standby that never waits would accumulate
        notifications in its session."""

    def wait(self, seconds: float) -> bool:
        was_open = self._session.connection is not None
        try:
            connection = self._session.open()
            if connection is not self._listening:
                with self._session.bounded(connection):
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(WAKE_CHANNEL)))
                self._listening = connection
                # The notification of a commit just before LISTEN was lost.
                return True
            return any(True for _ in connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error:
            self._session.drop()
            if not was_open:
                time.sleep(seconds)
            # A session that broke during the wait: the job checks its lease at once.
            return was_open

    def close(self) -> None:
        self._listening = None
        self._session.close()


def _lock_key(name: str) -> int:
    """The number of the advisory lock of a name: 64 bits, signed."""
    digest = blake2b(f"iotconfig lease {name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _discard_wakeups(connection: psycopg.Connection) -> None:
    """Discard the notifications that arrived since the last wait: the job is about to look for work anyway."""
    for _ in connection.notifies(timeout=0):
        pass
