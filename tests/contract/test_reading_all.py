"""All configs and all revisions, read page by page, over every store."""

from __future__ import annotations

import pytest

from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import DeletedQuery, HistoryQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.errors import RecordNotFound
from iotconfig.testing.builders import NO_IDS, content, mac

PAGE = 100


@pytest.fixture
def history(service: ConfigService) -> HistoryService:
    """The histories of the same store."""
    return HistoryService(service.store, service.clock)


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1], ids=["none", "one", "a-page", "above-a-page"])
def test_every_config_is_read_with_its_content(service: ConfigService, count: int) -> None:
    """Each is there once, sorted by MAC address, also beyond a page."""
    created = [service.create(mac(number), content(n=number)) for number in reversed(range(1, count + 1))]

    assert created[::-1] == list(service.all())


def test_only_configs_that_match_are_read(service: ConfigService) -> None:
    """Text, OTA and beginning of the query select; its page does not."""
    for number in range(1, 5):
        service.create(mac(number), content(deviceName=f"Lamp {number % 2}", enableOTA=number > 1))

    assert [mac(1), mac(3)] == [c.mac_address for c in service.all(ConfigQuery(text="lamp 1", limit=1))]
    assert [mac(3)] == [c.mac_address for c in service.all(ConfigQuery(text="lamp 1", enable_ota=True))]
    assert [mac(3), mac(4)] == [c.mac_address for c in service.all(ConfigQuery(after=mac(2)))]


def test_a_config_that_is_deleted_meanwhile_ends_no_reading(service: ConfigService) -> None:
    """Those of later pages are read as they are then."""
    created = [service.create(mac(number), content()) for number in range(1, PAGE + 3)]
    reading = service.all()
    assert created[0] == next(reading)

    service.delete(created[-1].id)

    assert created[1:-1] == list(reading)


def test_another_query_is_refused_at_once(service: ConfigService) -> None:
    """Before the first config is asked for."""
    with pytest.raises(TypeError, match="A query is a ConfigQuery"):
        service.all("lamp")  # type: ignore[arg-type] # what is refused


def test_pages_iterate(service: ConfigService, history: HistoryService) -> None:
    """A page gives its items, in their order."""
    first, second = (service.create(mac(number), content()) for number in (1, 2))
    service.delete(second.id)

    assert [first.summary()] == list(service.find(ConfigQuery()))
    assert [2, 1] == [revision.revision for revision in history.revisions(HistoryQuery(second.id))]
    assert [second.id] == [deleted.id for deleted in history.deleted(DeletedQuery())]


def test_every_revision_and_every_deleted_config_is_read(
    service: ConfigService, history: HistoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first, also beyond a page."""
    monkeypatch.setattr("iotconfig.domain.configs.history.MAX_PAGE", 2)
    created = [service.create(mac(number), content()) for number in range(1, 6)]
    for n in range(4):
        service.update(created[0].id, content(n=n))
    for config in created:
        service.delete(config.id)

    assert [6, 5, 4, 3, 2, 1] == [revision.revision for revision in history.all_revisions(created[0].id)]
    assert [config.id for config in reversed(created)] == [deleted.id for deleted in history.all_deleted()]


@pytest.mark.parametrize("config_id", NO_IDS)
def test_a_config_that_never_existed_has_no_revisions(history: HistoryService, config_id: int) -> None:
    """The first item raises the error of a page."""
    with pytest.raises(RecordNotFound):
        next(history.all_revisions(config_id))
