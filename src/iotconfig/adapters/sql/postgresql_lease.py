"""The relay's lease on PostgreSQL: held by a session, which ends with the process, however that ends."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import URL

from .announcing import WAKE_CHANNEL
from .engine.libpq import IS_READ_ONLY, connection_arguments
from .engine.timeouts import Timeouts
from .engine.watchdog import Watchdog

log = logging.getLogger(__name__)

_LOCK_KEY: Final = 0x696F7472656C6179
"""`iotrelay` in ASCII: the number of the advisory lock in a PostgreSQL database."""

_NOTICE_A_DEAD_HOST: Final = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 -c tcp_user_timeout=15000"
"""A host that loses power says no farewell. By itself the server would hold its lock for two hours, and for a quarter
of one where it has told the session something."""


class PostgresqlLease:
    """`Lease` as a session-level advisory lock. The same session listens for announcements."""

    def __init__(self, url: URL, timeouts: Timeouts) -> None:
        arguments = connection_arguments(url, timeouts)
        self._arguments = {**arguments, "options": f"{arguments['options']} {_NOTICE_A_DEAD_HOST}"}
        self._timeouts = timeouts
        self._watchdog = Watchdog()
        self._session: psycopg.Connection | None = None
        self._held = False
        self._is_away = False

    def hold(self) -> bool:
        try:
            if self._session is None:
                self._session = psycopg.connect(**self._arguments, autocommit=True)
            with self._watchdog.guard(self._session.fileno(), self._timeouts.check):
                self._held = self._keep(self._session) if self._held else self._take(self._session)
        except psycopg.Error as error:
            if not self._is_away:
                log.warning(
                    "relay: the database is away, and the lease with it: %s", " ".join(str(error).split())
                )
            self._is_away = True
            self._drop()
        else:
            self._is_away = False
        return self._held

    def _take(self, session: psycopg.Connection) -> bool:
        _require_writable(session)
        row = session.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK_KEY]).fetchone()
        if row is None or not row[0]:
            return False
        # Only now: what a session that stands by heard would heap up in it.
        session.execute(sql.SQL("LISTEN {}").format(sql.Identifier(WAKE_CHANNEL)))
        return True

    def _keep(self, session: psycopg.Connection) -> bool:
        _require_writable(session)
        for _ in session.notifies(timeout=0):
            """Heard while the relay was at work, which looks at the queue next anyway."""
        return True

    def wait(self, seconds: float) -> bool:
        if self._session is None:
            time.sleep(seconds)
            return False
        try:
            return any(True for _ in self._session.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error:
            # At once to `hold`, which finds out and says so: without a session nobody would be woken.
            self._drop()
            return True

    def release(self) -> None:
        if self._session is not None and self._held:
            # Closing alone frees it a moment later, when the server has noticed.
            with suppress(psycopg.Error), self._watchdog.guard(self._session.fileno(), self._timeouts.check):
                self._session.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_KEY])
        self._drop()
        self._watchdog.close()

    def _drop(self) -> None:
        self._held = False
        if self._session is not None:
            self._session.close()
            self._session = None


def _require_writable(session: psycopg.Connection) -> None:
    """Raise on a read-only database: a relay could not record there what it sent, and would send it again and again."""
    row = session.execute(f"SELECT {IS_READ_ONLY}".encode()).fetchone()
    if row is None or row[0]:
        raise psycopg.errors.ReadOnlySqlTransaction("it is read-only")
