"""The use cases over every store: each rule, with accepted and refused calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import PreconditionFailed, RecordExists, RecordNotFound
from iotconfig.testing.builders import NO_IDS, content, mac
from iotconfig.testing.clocks import step


def test_create(service: ConfigService) -> None:
    """A first config has revision 1 and equal times, and each way to read it finds it."""
    created = service.create(mac(1), content('{"deviceName":"Lamp"}'))

    assert Config(created.id, mac(1), content('{"deviceName":"Lamp"}'), 1, step(0), step(0)) == created
    assert created == service.get(created.id) == service.get_by_mac(mac(1))
    assert Document(1, b'{"deviceName":"Lamp"}', created.content.etag) == service.document(mac(1))
    assert (created.summary(),) == service.find(ConfigQuery()).configs


def test_create_refuses_a_second_config(service: ConfigService) -> None:
    """A device has one config; the refusal has the MAC address, and no revision is used."""
    created = service.create(mac(1), content())

    with pytest.raises(RecordExists, match=str(mac(1))):
        service.create(mac(1), content(a=1))

    assert created == service.get_by_mac(mac(1))
    assert 2 == service.update(created.id, content(a=2)).revision


def test_update(service: ConfigService) -> None:
    """An update has the next revision and a new time; id and creation time stay."""
    created = service.create(mac(1), content(enableOTA=True))
    updated = service.update(created.id, content(deviceName="Bath"))

    assert Config(created.id, mac(1), content(deviceName="Bath"), 2, step(0), step(1)) == updated
    assert updated == service.get(created.id)


def test_content_that_differs_in_spacing_only_is_a_change(service: ConfigService) -> None:
    """Content is compared by its bytes."""
    created = service.create(mac(1), content('{"a":1.10}'))

    assert [2, 3] == [
        service.update(created.id, content(text)).revision for text in ('{"a":1.1}', '{"a": 1.1}')
    ]


@pytest.mark.parametrize("by", ["update", "put"])
def test_equal_content_changes_nothing(service: ConfigService, by: str) -> None:
    """Writing the stored bytes again makes no revision and keeps the times."""
    created = service.create(mac(1), content(a=1))
    if by == "update":
        again = service.update(created.id, content(a=1))
    else:
        again, made = service.put(mac(1), content(a=1))
        assert made is False

    assert created == again == service.get(created.id)
    assert 2 == service.update(created.id, content(a=2)).revision


def test_equal_content_is_checked_against_its_precondition(service: ConfigService) -> None:
    """A write without a change is refused if its precondition does not hold."""
    created = service.create(mac(1), content(a=1))

    with pytest.raises(PreconditionFailed):
        service.update(created.id, content(a=1), Precondition(one_of=frozenset({7})))


def test_put_creates_then_updates(service: ConfigService) -> None:
    """The first write to a MAC address creates its config, the next one updates it."""
    created, first = service.put(mac(1), content(a=1))
    updated, second = service.put(mac(1), content(a=2))

    assert (True, False) == (first, second)
    assert (created.id, 2, content(a=2)) == (updated.id, updated.revision, updated.content)
    assert updated == service.get_by_mac(mac(1))


def test_delete(service: ConfigService) -> None:
    """A deleted config is not found; other configs stay."""
    gone, stays = service.create(mac(1), content()), service.create(mac(2), content())
    service.delete(gone.id)

    for look in (
        lambda: service.get(gone.id),
        lambda: service.get_by_mac(mac(1)),
        lambda: service.document(mac(1)),
    ):
        with pytest.raises(RecordNotFound):
            look()
    with pytest.raises(RecordNotFound):
        service.delete(gone.id)
    assert (stays.summary(),) == service.find(ConfigQuery()).configs


def test_revisions_never_go_back(service: ConfigService) -> None:
    """The counter belongs to the MAC address: a deletion counts, and a new config continues it."""
    first = service.create(mac(1), content())
    service.update(first.id, content(a=1))
    service.delete(first.id)
    second = service.create(mac(1), content())
    service.delete(second.id)
    third, made = service.put(mac(1), content())

    assert made
    assert [1, 4, 6] == [config.revision for config in (first, second, third)]
    assert first.id < second.id < third.id
    assert 1 == service.create(mac(2), content()).revision


@pytest.mark.parametrize("config_id", NO_IDS)
@pytest.mark.parametrize("use_case", ["get", "update", "delete"])
def test_unknown_ids(service: ConfigService, use_case: str, config_id: int) -> None:
    """Any number may be requested; the refusal of an unknown one names it."""
    service.create(mac(1), content())
    acts: dict[str, Callable[[], object]] = {
        "get": lambda: service.get(config_id),
        "update": lambda: service.update(config_id, content()),
        "delete": lambda: service.delete(config_id),
    }

    with pytest.raises(RecordNotFound, match=f"^Config {config_id} was not found") as refusal:
        acts[use_case]()

    assert {"key": str(config_id)} == refusal.value.details
    assert 1 == service.find(ConfigQuery()).count


@pytest.mark.parametrize("use_case", ["get_by_mac", "document"])
def test_unknown_devices(service: ConfigService, use_case: str) -> None:
    """A MAC address without a config is not found, and is in the refusal."""
    with pytest.raises(RecordNotFound, match=f"Config {mac(9)} was not found"):
        getattr(service, use_case)(mac(9))


ALLOWED = [
    pytest.param(Precondition(exists=True), id="exists"),
    pytest.param(Precondition(one_of=frozenset({1, 5})), id="revision"),
    pytest.param(Precondition(none_of=frozenset({2})), id="not-another-revision"),
]
EXCLUDED = [
    pytest.param(Precondition(exists=False), id="exists"),
    pytest.param(Precondition(one_of=frozenset({2})), id="revision"),
    pytest.param(Precondition(one_of=frozenset()), id="no-revision"),
    pytest.param(Precondition(none_of=frozenset({1})), id="this-revision"),
]
WRITES: dict[str, Callable[[ConfigService, Config, ConfigContent, Precondition], object]] = {
    "update": lambda service, config, new, precondition: service.update(config.id, new, precondition),
    "put": lambda service, config, new, precondition: service.put(config.mac_address, new, precondition),
    "delete": lambda service, config, _, precondition: service.delete(config.id, precondition),
}


@pytest.mark.parametrize("precondition", ALLOWED)
@pytest.mark.parametrize("write", WRITES)
def test_allowed_writes(service: ConfigService, write: str, precondition: Precondition) -> None:
    """A write is done if its precondition holds."""
    created = service.create(mac(1), content())
    WRITES[write](service, created, content(a=1), precondition)

    found = service.find(ConfigQuery()).configs
    assert ([] if write == "delete" else [2]) == [config.revision for config in found]


@pytest.mark.parametrize("precondition", EXCLUDED)
@pytest.mark.parametrize("write", WRITES)
def test_refused_writes(service: ConfigService, write: str, precondition: Precondition) -> None:
    """A write whose precondition does not hold stores nothing and uses no revision."""
    created = service.create(mac(1), content())

    with pytest.raises(PreconditionFailed, match="revision 1"):
        WRITES[write](service, created, content(a=1), precondition)

    assert created == service.get(created.id)
    assert 2 == service.update(created.id, content(a=2)).revision


@pytest.mark.parametrize("precondition", [Precondition(exists=True), Precondition(one_of=frozenset({1}))])
def test_put_with_a_precondition_on_a_missing_config(
    service: ConfigService, precondition: Precondition
) -> None:
    """A precondition that requires a config fails without one, and uses no revision."""
    with pytest.raises(PreconditionFailed):
        service.put(mac(1), content(), precondition)

    assert 0 == service.find(ConfigQuery()).count
    assert 1 == service.create(mac(1), content()).revision


def test_put_that_only_creates(service: ConfigService) -> None:
    """`If-None-Match: *` creates, and never replaces."""
    nothing = Precondition(exists=False)

    assert service.put(mac(1), content(), nothing)[1]
    with pytest.raises(PreconditionFailed):
        service.put(mac(1), content(a=1), nothing)
