"""The gate between writers of documents and writers of layers, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from iotconfig.adapters.sql import gate
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs import changes
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.layering.edits import PutLayer
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING
from iotconfig.testing.builders import content, mac, record
from iotconfig.testing.clocks import START, SteppingClock
from tests.support.waiting import wait_until

_QUEUED = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory' "
    "AND datname = current_database()"
)
LAYER = PutLayer("base", LayerDefinition(content(b=1), EVERYTHING))


@contextmanager
def opened(url: str, connections: int) -> Iterator[SqlStore]:
    """The store in a database, with a pool of this size."""
    store = SqlStore(PostgresqlDatabase(DatabaseUrl.parse(url).url, Timeouts(), connections))
    try:
        yield store
    finally:
        store.close()


def test_a_connection_that_has_waited_keeps_its_statements(postgres_url: str) -> None:
    """It queues for a moment at a time; the statement of the devices' fetches is still prepared afterwards."""
    with opened(postgres_url, 4) as store, store.writing() as work:
        work.counters.lock(mac(1))
        with store.database.writing() as connection:
            connection.exec_driver_sql("PREPARE kept AS SELECT 1")
            for _ in range(2):
                assert not gate._queued(connection)
                assert 1 == connection.exec_driver_sql("EXECUTE kept").scalar_one()


def test_a_writer_of_layers_waits_for_writers_of_documents(postgres_url: str) -> None:
    """And reaches what they have stored."""
    with opened(postgres_url, 4) as store, ThreadPoolExecutor(1) as thread:
        with store.writing() as work:
            counter = work.counters.lock(mac(1))
            waiting = thread.submit(LayerService(store, SteppingClock()).write, LAYER)
            with store.database.serving() as connection:
                wait_until(lambda: connection.exec_driver_sql(_QUEUED).scalar_one() == 1, "it queues", 20)
            record(work, changes.created(counter, content(a=1), START))
            assert not waiting.done()
        assert 1 == waiting.result(timeout=20).served
        document = store.documents.get(mac(1))
        assert document is not None
        assert b'{"b": 1,"a": 1}' == document.body


def test_a_writer_of_layers_gives_up(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says to ask again, and nothing is stored."""
    monkeypatch.setattr(gate, "_PATIENCE", 0.0)
    with opened(postgres_url, 3) as store:
        layers = LayerService(store, SteppingClock())
        with store.writing() as work:
            work.counters.lock(mac(1))
            with pytest.raises(StoreUnavailable, match="ask again"):
                layers.write(LAYER)

        assert [] == list(layers.all())
