"""Lists that commands read page by page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iotconfig.adapters.cli import pages
from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import mac


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def service(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> ConfigService:
    """Five configs, in pages of two."""
    monkeypatch.setattr(pages, "MAX_PAGE", 2)
    service = ConfigService(store, lambda: datetime.now(UTC))
    for number in range(1, 6):
        service.put(mac(number), {"deviceName": f"lamp {number}"})
    return service


def listed(service: ConfigService, query: ConfigQuery, limit: int | None) -> list[MacAddress]:
    return [config.mac_address for config in pages.summaries(service, query, limit)]


@pytest.mark.parametrize(("limit", "count"), [(None, 5), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (9, 5)])
def test_configs_of_all_pages(service: ConfigService, limit: int | None, count: int) -> None:
    """Each config appears once, sorted by MAC address, up to the limit."""
    assert [mac(number) for number in range(1, count + 1)] == listed(service, ConfigQuery(), limit)


def test_a_query_selects_on_every_page(service: ConfigService) -> None:
    """The query applies to each page, not only to the first."""
    assert [mac(4)] == listed(service, ConfigQuery(text="lamp 4"), None)


@pytest.mark.parametrize(("limit", "count"), [(None, 5), (2, 2), (3, 3), (9, 5)])
def test_deleted_configs_of_all_pages(
    service: ConfigService, store: MemoryStore, limit: int | None, count: int
) -> None:
    """Each deleted config appears once, the latest deletion first."""
    for number in range(1, 6):
        service.delete(service.get_by_mac(mac(number)).id)
    found = pages.deleted_configs(HistoryService(store, service.clock), limit)

    assert [mac(number) for number in range(5, 5 - count, -1)] == [config.mac_address for config in found]
