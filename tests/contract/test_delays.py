"""`DelayReader`: the shipped suite, over every adapter."""

from __future__ import annotations

import pytest

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.sql.delays import SqlDelayReader
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.delays import DelayReader
from iotconfig.testing import DelayReaderContract


@pytest.fixture
def delays(store: Store) -> DelayReader:
    """The delays of each kind of store."""
    if isinstance(store, MemoryStore):
        return store.delays
    assert isinstance(store, SqlStore)
    return SqlDelayReader(store.database)


class TestDelayReader(DelayReaderContract):
    """Over each kind of store."""
