"""The parameters of every connection to PostgreSQL: the address and the time-outs."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from sqlalchemy import URL

from .timeouts import Timeouts

IS_READ_ONLY: Final = "pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
"""An SQL expression: whether a session cannot write, because its server is a standby or a setting makes it read-only."""


def connection_arguments(url: URL, timeouts: Timeouts) -> dict[str, Any]:
    """Return the parameters for libpq: those of the URL, the time-outs and the isolation level."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    bounds = (
        f"-c statement_timeout={_milliseconds(timeouts.statement)}"
        f" -c lock_timeout={_milliseconds(timeouts.lock)}"
        f" -c idle_in_transaction_session_timeout={_milliseconds(timeouts.idle_transaction)}"
        # A transaction that waited for a lock has to see what the holder of the lock committed.
        r" -c default_transaction_isolation=read\ committed"
    )
    defaults = {"application_name": "iotconfig", "connect_timeout": timeouts.connect}
    options = f"{bounds} {arguments.get('options', '')}".strip()
    return {**defaults, **arguments, "client_encoding": "UTF8", "options": options}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Set the date style that psycopg expects on a new connection.

    Servers, databases, roles and PGDATESTYLE may set another one. The server reports its style when
    the connection opens, so a round trip is needed only where it differs.
    """
    style = connection.info.parameter_status("DateStyle") or ""
    if not style.startswith("ISO"):
        connection.execute("SET datestyle = ISO")
        connection.commit()
