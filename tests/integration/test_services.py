"""The use cases on a database, opened in one place."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from iotconfig.domain.errors import ServiceClosed, StoreUnavailable
from iotconfig.domain.mac import MacAddress
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services, services_in_memory

MEMBERS = ["configs", "history", "bulk", "notifications", "api_tokens", "device_tokens", "assets", "pictures"]


def other_tables(path: Path) -> None:
    """A database without tables of ours."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE others (id INTEGER)")


def test_a_schema_that_is_not_current_is_refused(tmp_path: Path) -> None:
    """The refusal precedes the first use case."""
    path = tmp_path / "configs.db"
    other_tables(path)

    with (
        pytest.raises(StoreUnavailable, match="run 'iotconfig upgrade-db'"),
        open_services(Settings.from_environ({"DATABASE_URL": f"sqlite:///{path}"})),
    ):
        pytest.fail("it was opened")


def test_a_schema_that_was_checked_is_not_read_again(tmp_path: Path) -> None:
    """A child of a checked process skips the check; a missing file is refused all the same."""
    path = tmp_path / "configs.db"
    settings = Settings.from_environ({"DATABASE_URL": f"sqlite:///{path}"})

    with pytest.raises(StoreUnavailable), open_services(settings, checks_schema=False):
        pytest.fail("it was opened")
    other_tables(path)
    with open_services(settings, checks_schema=False) as services:
        assert services.configs is services.configs


@pytest.mark.parametrize("member", MEMBERS)
def test_each_use_case_is_made_once(sqlite_url: str, member: str) -> None:
    """It is created at its first use, and reused."""
    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        assert getattr(services, member) is getattr(services, member)


def test_threads_share_one_service_for_pictures(sqlite_url: str) -> None:
    """Two services would have two pools of decoder processes."""
    with (
        open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services,
        ThreadPoolExecutor(8) as threads,
    ):
        assert 1 == len({id(made) for made in threads.map(lambda _: services.pictures.service(), range(32))})


def test_use_cases_work_on_one_database(sqlite_url: str) -> None:
    """Each reads the changes of the others."""
    mac = MacAddress.parse("02:00:00:00:00:01")
    settings = Settings.from_environ({"DATABASE_URL": sqlite_url})
    with open_services(settings) as services:
        created, _ = services.configs.put(mac, "{}")
        services.configs.delete(created.id)

        assert created.id == services.history.config_of(mac)
        assert 1 == services.notifications.health().pending


def test_use_cases_work_in_memory() -> None:
    """Every port of the use cases is there, and one store is behind all of them."""
    services = services_in_memory()
    with closing(services.persistence):
        created, _ = services.configs.put("020000000001", "{}")
        token, _ = services.api_tokens.create("ci", Role.VIEWER)

        assert created.id == services.history.config_of("020000000001")
        assert 1 == services.notifications.health().pending
        assert [token] == services.api_tokens.all()
        assert services.device_tokens.create("020000000001") is not None
        with services.bulk.export() as configs:
            assert [created.mac_address] == [config.mac_address for config in configs]

    with pytest.raises(ServiceClosed):
        services.configs.put("020000000001", "{}")
