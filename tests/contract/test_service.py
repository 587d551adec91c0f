"""The use cases, over every store: each rule, accepted and refused."""

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
    """A first config has revision 1 and one time, and is found in every way."""
    created = service.create(mac(1), content('{"deviceName":"Lamp"}'))

    assert Config(created.id, mac(1), content('{"deviceName":"Lamp"}'), 1, step(0), step(0)) == created
    assert created == service.get(created.id) == service.get_by_mac(mac(1))
    assert Document(1, b'{"deviceName":"Lamp"}', created.content.etag) == service.document(mac(1))
    assert (created.summary(),) == service.find(ConfigQuery()).configs


def test_create_refuses_a_second_config(service: ConfigService) -> None:
    """A device has one config; the refusal names the device, and takes no revision."""
    created = service.create(mac(1), content())

    with pytest.raises(RecordExists, match=str(mac(1))):
        service.create(mac(1), content(a=1))

    assert created == service.get_by_mac(mac(1))
    assert 2 == service.update(created.id, content(a=2)).revision


def test_update(service: ConfigService) -> None:
    """An update takes the next revision and a new time; id and creation time stay."""
    created = service.create(mac(1), content(enableOTA=True))
    updated = service.update(created.id, content(deviceName="Bath"))

    assert Config(created.id, mac(1), content(deviceName="Bath"), 2, step(0), step(1)) == updated
    assert updated == service.get(created.id)


def test_content_that_differs_in_spacing_only_is_a_change(service: ConfigService) -> None:
    """Content is its bytes: another spelling of the same values is another revision."""
    created = service.create(mac(1), content('{"a":1.10}'))

    assert [2, 3] == [
        service.update(created.id, content(text)).revision for text in ('{"a":1.1}', '{"a": 1.1}')
    ]


@pytest.mark.parametrize("by", ["update", "put"])
def test_equal_content_changes_nothing(service: ConfigService, by: str) -> None:
    """Writing the stored bytes again takes no revision and leaves the times alone."""
    created = service.create(mac(1), content(a=1))
    if by == "update":
        again = service.update(created.id, content(a=1))
    else:
        again, made = service.put(mac(1), content(a=1))
        assert made is False

    assert created == again == service.get(created.id)
    assert 2 == service.update(created.id, content(a=2)).revision


def test_equal_content_is_held_to_its_precondition_all_the_same(service: ConfigService) -> None:
    """A write that would change nothing is refused where its precondition excludes what is there."""
    created = service.create(mac(1), content(a=1))

    with pytest.raises(PreconditionFailed):
        service.update(created.id, content(a=1), Precondition(one_of=frozenset({7})))


def test_put_creates_then_updates(service: ConfigService) -> None:
    """By MAC address, the first write creates and the next one updates."""
    created, first = service.put(mac(1), content(a=1))
    updated, second = service.put(mac(1), content(a=2))

    assert (True, False) == (first, second)
    assert (created.id, 2, content(a=2)) == (updated.id, updated.revision, updated.content)
    assert updated == service.get_by_mac(mac(1))


def test_delete(service: ConfigService) -> None:
    """A deleted config is found nowhere; its neighbours stay."""
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
    """The counter is the MAC address's: delete counts, and a new config goes on where the old one ended."""
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
def test_ids_that_are_not_there(service: ConfigService, use_case: str, config_id: int) -> None:
    """Any number may be asked for; what is no config is not found, and the refusal says which."""
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
def test_devices_that_are_not_there(service: ConfigService, use_case: str) -> None:
    """A device without a config is not found, by its address."""
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
    """A write whose precondition holds is done."""
    created = service.create(mac(1), content())
    WRITES[write](service, created, content(a=1), precondition)

    found = service.find(ConfigQuery()).configs
    assert ([] if write == "delete" else [2]) == [config.revision for config in found]


@pytest.mark.parametrize("precondition", EXCLUDED)
@pytest.mark.parametrize("write", WRITES)
def test_excluded_writes(service: ConfigService, write: str, precondition: Precondition) -> None:
    """A write whose precondition fails stores nothing and takes no revision."""
    created = service.create(mac(1), content())

    with pytest.raises(PreconditionFailed, match="revision 1"):
        WRITES[write](service, created, content(a=1), precondition)

    assert created == service.get(created.id)
    assert 2 == service.update(created.id, content(a=2)).revision


@pytest.mark.parametrize("precondition", [Precondition(exists=True), Precondition(one_of=frozenset({1}))])
def test_put_creates_nothing_where_something_was_asked_for(
    service: ConfigService, precondition: Precondition
) -> None:
    """A precondition that requires a config fails where there is none, and takes no revision."""
    with pytest.raises(PreconditionFailed):
        service.put(mac(1), content(), precondition)

    assert 0 == service.find(ConfigQuery()).count
    assert 1 == service.create(mac(1), content()).revision


def test_put_creates_only_where_nothing_is(service: ConfigService) -> None:
    """`If-None-Match: *` creates, and never replaces."""
    nothing = Precondition(exists=False)

    assert service.put(mac(1), content(), nothing)[1]
    with pytest.raises(PreconditionFailed):
        service.put(mac(1), content(a=1), nothing)
