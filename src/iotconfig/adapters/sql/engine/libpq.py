"""The parameters of every connection to PostgreSQL: where it is, and how long it may take."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from sqlalchemy import URL

from .timeouts import Timeouts

IS_READ_ONLY: Final = "pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
"""Whether a session cannot write: its server is a standby, or a setting of server, database or role says so."""


def connection_arguments(url: URL, timeouts: Timeouts) -> dict[str, Any]:
    """The parameters for libpq: the URL's own, and our bounds."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    bounds = (
        f"-c statement_timeout={_milliseconds(timeouts.statement)}"
        f" -c lock_timeout={_milliseconds(timeouts.lock)}"
        f" -c idle_in_transaction_session_timeout={_milliseconds(timeouts.idle_transaction)}"
    )
    defaults = {"application_name": "iotconfig", "connect_timeout": timeouts.connect}
    options = f"{bounds} {arguments.get('options', '')}".strip()
    return {**defaults, **arguments, "client_encoding": "UTF8", "options": options}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Make a new connection spell times as psycopg reads them.

    Servers, databases, roles and PGDATESTYLE may say otherwise; the last has the
    last word in libpq. The server has told already, so it costs a round trip only then.
    """
    style = connection.info.parameter_status("DateStyle") or ""
    if not style.startswith("ISO"):
        connection.execute("SET datestyle = ISO")
        connection.commit()
