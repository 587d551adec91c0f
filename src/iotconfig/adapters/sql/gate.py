"""The gate between writers of documents and writers of layers, on PostgreSQL: an advisory lock, shared or exclusive.

Writers of documents share it, and hold it before they lock a counter: the layers that they read after that stay
until they commit. Writers of layers have it alone: then no document is being made of the layers before. SQLite has one
writer at a time, and needs no gate.
"""

from __future__ import annotations

from random import uniform
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import define
from sqlalchemy import CTE, BigInteger, Connection, Select, func, literal_column, select, text
from sqlalchemy.exc import OperationalError

from iotconfig.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

_KEY: Final = literal_column(str(0x696F7463_67617465), BigInteger)
"""`iotcgate` in ASCII: the number of the advisory lock in a PostgreSQL database."""

_QUEUED: Final = 0.05
"""Seconds for which a writer of layers waits at a time: writers of documents that come later wait behind it."""
_PATIENCE: Final = 10.0
"""Seconds until a writer of layers gives up."""

_SHARED: Final = select(func.pg_advisory_xact_lock_shared(_KEY))
_TRY: Final = select(func.pg_try_advisory_xact_lock(_KEY))
_QUEUE: Final = select(func.pg_advisory_xact_lock(_KEY))
_SHORTLY: Final = text(f"SET LOCAL lock_timeout = '{round(_QUEUED * 1000)}ms'")
_AS_BEFORE: Final = text("SET LOCAL lock_timeout TO DEFAULT")
_SAVEPOINT: Final = text("SAVEPOINT iotconfig_gate")
_ROLL_BACK: Final = b"ROLLBACK TO SAVEPOINT iotconfig_gate"
_LOCK_NOT_AVAILABLE: Final = "55P03"


@define
class SeenLayers:
    """What a transaction knows of the layers."""

    generation: int | None = None
    """None before it was read, and where a counter was locked since."""
    is_changing: bool = False
    """Whether the transaction itself has changed the layers: no other one may see them before it commits."""


def behind_gate(counters: Select[Any]) -> Select[Any]:
    """Pass the gate before the rows of a query are locked. Where it has no rows, the gate may not be passed."""
    gate: CTE = (
        select(func.pg_advisory_xact_lock_shared(_KEY).label("held")).cte("gate").prefix_with("MATERIALIZED")
    )
    return counters.where(gate.c.held.is_not(None))


def pass_gate(connection: Connection, seen: SeenLayers) -> None:
    """Pass the gate, with a statement of its own: what later statements read is what writers of layers have stored."""
    seen.generation = None
    if connection.dialect.name == "postgresql":
        connection.execute(_SHARED)


def close_gate(connection: Connection) -> None:
    """Wait until no writer of documents is behind the gate, and keep others waiting until the transaction ends.

    Raises `StoreUnavailable` where writers of documents follow each other without a pause for seconds.
    """
    if connection.dialect.name != "postgresql":
        return
    until = monotonic() + _PATIENCE
    while not connection.execute(_TRY).scalar_one() and not _queued(connection):
        if monotonic() > until:
            raise StoreUnavailable(
                "Configs are being written without a pause, so that the layers cannot be changed: ask again."
            )
        sleep(uniform(0.5, 1.5) * _QUEUED)  # noqa: S311 - not for security


def _queued(connection: Connection) -> bool:
    """Wait in the queue for a moment. Returns whether the gate is closed."""
    connection.execute(_SAVEPOINT)
    try:
        connection.execute(_SHORTLY)
        connection.execute(_QUEUE)
        connection.execute(_AS_BEFORE)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        _send(connection, _ROLL_BACK)
        return False
    return True


def _send(connection: Connection, command: bytes) -> None:
    """Execute a command past psycopg, which at each rollback forgets all prepared statements, on the server, too."""
    # Only on PostgreSQL: to load the driver takes time.
    from psycopg import errors
    from psycopg.generators import execute
    from psycopg.pq import ExecStatus

    driver = cast("psycopg.Connection[TupleRow]", connection.connection.driver_connection)
    driver.pgconn.send_query(command)
    *_, result = driver.wait(execute(driver.pgconn))
    if result.status != ExecStatus.COMMAND_OK:
        raise errors.error_from_result(result, driver.info.encoding)
