"""`ConfigService`: the announcements of each use case, over every store."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.announcing.notifications import AT_ONCE
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.announcements import Reannounced
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import (
    InvalidMacAddress,
    IotConfigError,
    PreconditionFailed,
    RecordExists,
    RecordNotFound,
    ValidationFailed,
)
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac, record
from iotconfig.testing.clocks import START, SteppingClock

from .queues import EVERYTHING, at, only, park, queue_of

OTHER = content('{"a": 1}')


@pytest.fixture
def queue(store: Store) -> NotificationQueue:
    """The notification queue of each kind of store."""
    return queue_of(store)


def full_announcement(config: Config, *, restart_hint: bool = True) -> Announcement:
    """The announcement of a config on both topics."""
    state = AnnouncedDocument(config.revision, config.content.etag, config.updated_at)
    return Announcement(Subject(Kind.CONFIG, str(config.mac_address)), restart_hint, state)


def take_pending(queue: NotificationQueue) -> list[Announcement]:
    """All pending announcements, which are removed from the queue."""
    found = queue.due(at(3600), EVERYTHING)
    queue.acknowledge(found, [])
    return [notification.announcement for notification in found]


def test_create_announces(service: ConfigService, queue: NotificationQueue) -> None:
    """A first config is announced on both topics at once."""
    config = service.create(mac(1), content())

    assert (full_announcement(config), AT_ONCE) == (only(queue).announcement, only(queue).due_at)
    assert 1 == config.revision


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda service, config, text: service.update(config.id, text), id="update"),
        pytest.param(lambda service, config, text: service.put(config.mac_address, text)[0], id="put"),
    ],
)
@pytest.mark.parametrize(
    ("text", "revision"), [pytest.param(OTHER, 2, id="changed"), pytest.param(content(), 1, id="no-change")]
)
def test_a_write_announces(
    service: ConfigService,
    queue: NotificationQueue,
    write: Callable[[ConfigService, Config, object], Config],
    text: object,
    revision: int,
) -> None:
    """A change announces its revision; a write without a change announces the current revision again."""
    created = service.create(mac(1), content())
    take_pending(queue)

    config = write(service, created, text)

    assert [full_announcement(config)] == take_pending(queue)
    assert revision == config.revision


def test_put_announces(service: ConfigService, queue: NotificationQueue) -> None:
    """Both a creation and an update are announced."""
    config, created = service.put(mac(1), content())

    assert created
    assert [full_announcement(config)] == take_pending(queue)


def test_delete_clears_and_does_not_hint(service: ConfigService, queue: NotificationQueue) -> None:
    """A deletion sends no hint, not even one that was still pending: the device would restart for nothing."""
    config = service.create(mac(1), content())

    service.delete(config.id)

    (announcement,) = take_pending(queue)
    assert (False, True) == (announcement.restart_hint, announcement.is_deletion)
    assert announcement.state is not None
    assert 2 == announcement.state.document_number


def test_a_config_created_after_a_deletion_is_announced(
    service: ConfigService, queue: NotificationQueue
) -> None:
    """One message remains, with the state of the new config."""
    service.delete(service.create(mac(1), content()).id)

    config = service.create(mac(1), OTHER)

    assert [full_announcement(config)] == take_pending(queue)
    assert 3 == config.revision


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        pytest.param(lambda s, c: s.create(c.mac_address, OTHER), RecordExists, id="create"),
        pytest.param(
            lambda s, c: s.update(c.id, OTHER, Precondition(one_of=frozenset({9}))),
            PreconditionFailed,
            id="update",
        ),
        pytest.param(
            lambda s, c: s.delete(c.id, Precondition(one_of=frozenset({9}))),
            PreconditionFailed,
            id="delete",
        ),
        pytest.param(lambda s, c: s.update(c.id + 1, OTHER), RecordNotFound, id="update-unknown"),
        pytest.param(lambda s, c: s.delete(c.id + 1), RecordNotFound, id="delete-unknown"),
        pytest.param(lambda s, c: s.announce(c.id + 1), RecordNotFound, id="announce-unknown"),
        pytest.param(lambda s, c: s.announce(2**70), RecordNotFound, id="announce-no-id"),
    ],
)
def test_a_refused_write_announces_nothing(
    service: ConfigService,
    queue: NotificationQueue,
    refused: Callable[[ConfigService, Config], object],
    error: type[IotConfigError],
) -> None:
    """The pending notifications are unchanged."""
    config = service.create(mac(1), content())
    before = only(queue)

    with pytest.raises(error):
        refused(service, config)

    assert before == only(queue)


def test_announce_repeats_the_announcement(service: ConfigService, queue: NotificationQueue) -> None:
    """The current revision is announced on both topics."""
    config = service.create(mac(1), content())
    take_pending(queue)

    assert config == service.announce(config.id)
    assert [full_announcement(config)] == take_pending(queue)


def test_announce_all_restores_the_retained_messages_only(
    service: ConfigService, queue: NotificationQueue
) -> None:
    """No hint is added; one that is still pending stays."""
    first = service.create(mac(1), content())
    take_pending(queue)
    second = service.create(mac(2), content())
    service.delete(service.create(mac(3), content()).id)
    queue.acknowledge([n for n in queue.due(at(1), 9) if n.announcement.is_deletion], [])

    assert 2 == service.announce_all()
    assert {full_announcement(first, restart_hint=False), full_announcement(second)} == set(
        take_pending(queue)
    )


def test_announce_all_revives_the_parked(service: ConfigService, queue: NotificationQueue) -> None:
    """After the broker's rules were corrected, parked notifications are sent."""
    service.create(mac(1), content())
    park(queue, 1)

    service.announce_all()

    assert (False, 0) == (only(queue).parked, only(queue).refusals)


def test_announce_all_without_any_config(service: ConfigService, queue: NotificationQueue) -> None:
    """Nothing becomes pending."""
    assert 0 == service.announce_all(hints_per_second=1)
    assert [] == take_pending(queue)


@pytest.mark.parametrize(("rate", "gap"), [(None, 0.0), (4.0, 0.25)])
def test_announce_many_takes_the_given_devices_only(
    store: Store, service: ConfigService, queue: NotificationQueue, rate: float | None, gap: float
) -> None:
    """Each once; those without a config are named, and keep no counter: they are still new boards."""
    count = 120
    for number in range(count + 1):
        service.create(mac(number), content())
    take_pending(queue)
    given: list[MacAddress | str] = [
        mac(500),
        *(mac(number) for number in range(count, 0, -1)),
        str(mac(7)),
        mac(501),
    ]

    done = ConfigService(store, SteppingClock()).announce_many(given, hints_per_second=rate)

    assert Reannounced(count, (mac(500), mac(501))) == done
    found = sorted(queue.find(EVERYTHING), key=lambda n: n.announcement.subject)
    assert [str(mac(number)) for number in range(1, count + 1)] == [n.announcement.subject.key for n in found]
    assert {rate is not None} == {n.announcement.restart_hint for n in found}
    assert [at(step * gap) for step in range(count)] == sorted(n.due_at for n in found)
    assert 1 == service.create(mac(500), content()).revision


def test_announce_many_refuses_what_it_cannot_do(service: ConfigService) -> None:
    """An address that is none, and a rate of 0."""
    with pytest.raises(InvalidMacAddress):
        service.announce_many(["porch"])
    with pytest.raises(ValidationFailed):
        service.announce_many([], hints_per_second=0)


@pytest.mark.parametrize(
    ("rate", "gap"), [pytest.param(None, 0.0, id="retained-only"), pytest.param(4.0, 0.25, id="hints")]
)
def test_announce_all_goes_through_all_pages_and_paces_hints(
    store: Store, queue: NotificationQueue, rate: float | None, gap: float
) -> None:
    """Hints are due one after the other from the first moment on; retained messages are due at once."""
    count = 405
    with store.writing() as work:
        for number in range(count):
            record(work, changes.created(work.counters.lock(mac(number)), content(), START))
    assert count == len(take_pending(queue))

    assert count == ConfigService(store, SteppingClock()).announce_all(hints_per_second=rate)

    found = sorted(queue.find(EVERYTHING), key=lambda n: n.announcement.subject)
    assert [str(mac(number)) for number in range(count)] == [n.announcement.subject.key for n in found]
    assert [at(number * gap) for number in range(count)] == [n.due_at for n in found]
    assert {rate is not None} == {n.announcement.restart_hint for n in found}
