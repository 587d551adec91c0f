"""Connections that are reserved for devices: other work does not get them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore
from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.readiness import SqlReadiness
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.tokens import DeviceToken
from iotconfig.domain.errors import RecordGone, RecordNotFound, StoreUnavailable
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.settings.database import DatabaseSettings
from iotconfig.entrypoints.wiring import databases
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.testing.builders import content, mac

SIZE = 8
KEPT = 2


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    settings = Settings(DatabaseSettings(database_url, pool_size=SIZE, timeouts=Timeouts(pool=0.05)))
    database = databases.open_database(settings)
    try:
        yield database
    finally:
        database.close()


def test_devices_are_served_at_the_limit_of_other_work(database: Database) -> None:
    """Document, token, the reason of a missing document, and readiness are read; another search waits."""
    service, tokens = ConfigService(SqlStore(database), utc_now), SqlDeviceTokenStore(database)
    config, _ = service.put(mac(1), content())
    service.replace_device(config.id, mac(2))
    token = DeviceToken(mac(2), "00" * 32, datetime(2026, 1, 2, tzinfo=UTC))
    tokens.replace(token)

    with ExitStack() as stack:
        for _ in range(SIZE - KEPT):
            stack.enter_context(database.reading())

        assert b"{}" == service.document(mac(2)).body
        with pytest.raises(RecordGone):
            service.document(mac(1))
        with pytest.raises(RecordNotFound):
            service.document(mac(3))
        assert token == tokens.find(mac(2))
        SqlReadiness(database)()
        for refused in (lambda: service.find(ConfigQuery(text="a")), lambda: service.put(mac(4), content())):
            with pytest.raises(StoreUnavailable):
                refused()
        # Timed-out waiters have not used up a reserved connection.
        assert b"{}" == service.document(mac(2)).body
        assert SIZE - KEPT == database.use().in_use

    assert 1 == len(service.find(ConfigQuery(text="")).configs)
    assert 0 == database.use().in_use


def test_devices_may_use_all_connections(database: Database) -> None:
    """The reserved number is a minimum, not a maximum."""
    with ExitStack() as stack:
        for _ in range(SIZE):
            stack.enter_context(database.serving())
        assert SIZE == database.use().in_use
        with pytest.raises(StoreUnavailable):
            database.document(str(mac(1)))
