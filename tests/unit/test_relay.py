"""The relay, one step at a time, over scripted ports."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest

from iotconfig.adapters.memory import MemoryRelayReports, MemoryStore
from iotconfig.adapters.memory.announcing import MemoryNotificationQueue
from iotconfig.domain.announcing.notifications import Notification, RetryPolicy
from iotconfig.domain.announcing.ports import Receipt
from iotconfig.domain.announcing.relay import Relay
from iotconfig.domain.announcing.relay_reports import (
    Destination,
    RelayProblem,
    RelayProblemCode,
    RelayReport,
    Reporter,
)
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import StoreReadOnly
from iotconfig.domain.jobs.ports import Wait
from iotconfig.domain.mac import MacAddress

from .relay_ports import ManualClock, ScriptedPublisher, ScriptedWatch, SwitchedLease

HERE = Destination("mqtt://broker:1883", "iotsupport")
THERE = Destination("mqtt://broker:1883", "home")
_REFUSED_STATE = Receipt(hint_accepted=True, state_accepted=False, error="Not authorized")


class Scene:
    """A relay over a memory store, with scripted ports."""

    def __init__(self) -> None:
        store = MemoryStore()
        self.clock = ManualClock()
        self.publisher = ScriptedPublisher()
        self.lease = SwitchedLease()
        self.jitter = 1.0
        self.service = ConfigService(store, self.clock)
        self.queue = store.notifications()
        self.watch = ScriptedWatch()
        self.reports = MemoryRelayReports(self.clock)
        self.seconds = 1000.0
        self.relay = Relay(
            self.queue,
            self.publisher,
            self.lease,
            self.clock,
            lambda: self.jitter,
            watch=self.watch,
            reporter=Reporter(self.reports, "this", HERE, lambda: self.seconds),
        )

    def create(self, number: int) -> Config:
        mac = MacAddress.parse(f"02000000{number:04x}")
        return self.service.create(mac, ConfigContent.parse("{}"))

    def published(self) -> list[tuple[str, int]]:
        """The keys and revisions that were published, in their order."""
        return [
            (a.subject.key, a.state.document_number) for a in self.publisher.published if a.state is not None
        ]


class ReadOnlyQueue:
    """The queue of a store that refuses writes while it is switched to read-only."""

    def __init__(self, queue: MemoryNotificationQueue) -> None:
        self._queue = queue
        self.due, self.next_due, self.backlog = queue.due, queue.next_due, queue.backlog
        self.find, self.retry_parked = queue.find, queue.retry_parked
        self.is_read_only = True

    def acknowledge(self, delivered: Sequence[Notification], refused: Sequence[Notification]) -> None:
        if self.is_read_only:
            raise StoreReadOnly("It is read-only.")
        self._queue.acknowledge(delivered, refused)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_an_accepted_announcement_leaves_the_queue(scene: Scene) -> None:
    """The next step follows without a wait."""
    config = scene.create(1)

    wait = scene.relay.run_once()

    assert Wait(0) == wait
    assert [(str(config.mac_address), 1)] == scene.published()
    assert 0 == scene.queue.backlog().pending


def test_an_idle_relay_waits_for_a_wakeup(scene: Scene) -> None:
    """The wait has a maximum, and a wake-up ends it."""
    assert Wait(5.0, wakes=True) == scene.relay.run_once()


def test_it_wakes_when_a_delayed_hint_is_due(scene: Scene) -> None:
    """A delayed hint is published at its time, not before."""
    scene.create(1)
    scene.create(2)
    while scene.relay.run_once().seconds == 0:
        pass
    scene.publisher.published.clear()
    scene.service.announce_all(hints_per_second=0.5)

    first, second = scene.relay.run_once(), scene.relay.run_once()
    told_at_once = len(scene.publisher.published)
    scene.clock.advance(2)
    scene.relay.run_once()

    assert [Wait(0), Wait(2.0, wakes=True)] == [first, second]
    assert (1, 2) == (told_at_once, len(scene.publisher.published))


def test_without_the_lease_it_is_not_connected(scene: Scene) -> None:
    """A relay without the lease publishes nothing and closes its connection."""
    scene.relay.run_once()
    scene.lease.available = False
    scene.create(1)

    wait = scene.relay.run_once()

    assert Wait(1.0) == wait
    assert [] == scene.publisher.published
    assert not scene.publisher.connected


def test_a_change_during_its_publish_is_published_again(scene: Scene) -> None:
    """A row is removed by generation, so a newer one stays pending."""
    config = scene.create(1)
    scene.publisher.during_publish = [
        lambda: scene.service.update(config.id, ConfigContent.parse('{"a": 1}'))
    ]
    scene.relay.run_once()
    scene.publisher.during_publish = []

    scene.relay.run_once()

    assert [1, 2] == [revision for _, revision in scene.published()]
    assert 0 == scene.queue.backlog().pending


def test_a_device_announced_again_in_flight_is_announced_once_more(scene: Scene) -> None:
    """Saving the same content twice during a publish causes one or two hints, never none."""
    config = scene.create(1)
    scene.publisher.during_publish = [lambda: scene.service.announce(config.id)]
    scene.relay.run_once()
    scene.publisher.during_publish = []

    scene.relay.run_once()

    assert [1, 1] == [revision for _, revision in scene.published()]


def test_unanswered_announcements_stay_and_answered_ones_go(scene: Scene) -> None:
    """If a connection breaks, only acknowledged announcements leave the queue."""
    answered, unanswered = scene.create(1), scene.create(2)
    scene.publisher.receipts[str(unanswered.mac_address)] = None

    wait = scene.relay.run_once()

    assert not wait.wakes
    assert [str(unanswered.mac_address)] == [n.announcement.subject.key for n in scene.queue.find(9)]
    assert str(answered.mac_address) == scene.publisher.published[0].subject.key
    assert not scene.publisher.connected


def test_an_unavailable_broker_does_not_park_messages(scene: Scene) -> None:
    """The outage does not count as a refusal, however long it lasts."""
    scene.create(1)
    scene.publisher.away = "connection refused"

    for _ in range(50):
        scene.relay.run_once()

    (pending,) = scene.queue.find(9)
    assert (0, False) == (pending.refusals, pending.parked)


def test_the_delays_of_reconnecting_grow_to_ten_seconds(scene: Scene) -> None:
    """They double up to ten seconds, and are reset by a successful connection."""
    scene.publisher.away = "connection refused"
    delays = [scene.relay.run_once().seconds for _ in range(8)]
    scene.publisher.away = None
    scene.relay.run_once()
    scene.publisher.away = "connection refused"

    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0] == delays
    assert 0.5 == scene.relay.run_once().seconds


def test_the_delays_of_reconnecting_are_jittered(scene: Scene) -> None:
    """Services that lost one broker do not reconnect at the same moment."""
    scene.publisher.away = "connection refused"
    scene.jitter = 0.0

    assert 0.25 == scene.relay.run_once().seconds


def test_a_refused_message_backs_off_and_is_parked_while_others_flow(scene: Scene) -> None:
    """The broker's reason is stored, and other devices are announced without a delay."""
    bad = scene.create(1)
    scene.publisher.receipts[str(bad.mac_address)] = _REFUSED_STATE
    delays = []
    for _ in range(RetryPolicy().limit):
        scene.relay.run_once()
        (notification,) = scene.queue.find(9)
        delays.append((notification.due_at - scene.clock.now).total_seconds())
        scene.clock.advance(delays[-1])
    good = scene.create(2)
    scene.relay.run_once()

    (parked,) = scene.queue.find(9)
    assert [0.5, 1.0, 2.0, 4.0, 8.0] == delays
    assert (True, "Not authorized") == (parked.parked, parked.last_error)
    assert (str(good.mac_address), 1) == scene.published()[-1]


def test_an_accepted_hint_is_not_repeated_with_a_refused_state(scene: Scene) -> None:
    """The device restarts once, not with each attempt."""
    config = scene.create(1)
    scene.publisher.receipts[str(config.mac_address)] = _REFUSED_STATE
    scene.relay.run_once()
    scene.clock.advance(60)
    scene.relay.run_once()

    assert [True, False] == [announcement.restart_hint for announcement in scene.publisher.published]


def test_a_parked_notification_is_revived_by_the_next_change(scene: Scene) -> None:
    """The new revision has its own attempts."""
    config = scene.create(1)
    scene.publisher.receipts[str(config.mac_address)] = _REFUSED_STATE
    for _ in range(RetryPolicy().limit):
        scene.relay.run_once()
        scene.clock.advance(60)
    scene.service.update(config.id, ConfigContent.parse('{"a": 1}'))

    (revived,) = scene.queue.find(9)
    assert (False, 0, None) == (revived.parked, revived.refusals, revived.last_error)


def test_many_changes_while_the_broker_is_away_are_one_message(scene: Scene) -> None:
    """Only the newest revision is published, once."""
    config = scene.create(1)
    scene.publisher.away = "connection refused"
    for number in range(100):
        scene.service.update(config.id, ConfigContent.parse(f'{{"a": {number}}}'))
        scene.relay.run_once()
    scene.publisher.away = None

    scene.relay.run_once()

    assert [(str(config.mac_address), 101)] == scene.published()


def test_closing_lets_the_next_relay_take_over(scene: Scene) -> None:
    """Closing ends the connection and releases the lease."""
    scene.relay.run_once()

    scene.relay.close()

    assert scene.lease.released
    assert not scene.publisher.connected


def test_a_message_that_closes_the_connection_goes_last_and_is_not_parked(scene: Scene) -> None:
    """Without a reason from the broker it is repeated without end, after the others."""
    bad, good = scene.create(1), scene.create(2)
    scene.publisher.receipts = {
        str(bad.mac_address): Receipt(
            hint_accepted=False, state_accepted=False, error="the broker hung up", connection_closed=True
        ),
        str(good.mac_address): None,
    }
    first = scene.relay.run_once()
    del scene.publisher.receipts[str(good.mac_address)]
    scene.relay.run_once()
    for _ in range(10):
        scene.clock.advance(60)
        scene.relay.run_once()

    (left,) = scene.queue.find(9)
    assert Wait(0.5) == first
    assert str(good.mac_address) in [key for key, _ in scene.published()]
    assert (str(bad.mac_address), False) == (left.announcement.subject.key, left.parked)
    assert left.due_at <= scene.clock.now + timedelta(seconds=10)


def test_a_clock_that_differs_from_the_writers_delays_nothing(scene: Scene) -> None:
    """The clock of the announcing machine may be ahead of the relay's."""
    scene.clock.advance(3600)
    scene.create(1)
    scene.clock.advance(-3600)

    scene.relay.run_once()

    assert 1 == len(scene.published())


def test_an_acknowledgement_that_cannot_be_stored_stops_publishing(scene: Scene) -> None:
    """While the store is read-only, nothing is published twice and nothing new is; then the relay continues."""
    scene.create(1)
    queue = ReadOnlyQueue(scene.queue)
    scene.relay = Relay(queue, scene.publisher, scene.lease, scene.clock, lambda: scene.jitter)

    for _ in range(3):
        scene.relay.run_once()
    scene.create(2)
    scene.relay.run_once()
    meanwhile = len(scene.publisher.published)
    queue.is_read_only = False
    scene.relay.run_once()
    scene.relay.run_once()

    assert (1, 2) == (meanwhile, len(scene.publisher.published))
    assert 0 == scene.queue.backlog().pending


def test_delays_grow_although_each_connection_succeeds(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """They grow to ten seconds if the broker ends each connection; one line has the reason, until a minute is stable."""
    scene.relay.run_once()
    waits = []
    for _ in range(7):
        scene.watch.reason = "the broker ended the connection: Server busy"
        waits.append(scene.relay.run_once().seconds)
        scene.relay.run_once()

    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0] == waits
    assert 1 == caplog.text.count("Server busy")
    scene.clock.advance(61)
    scene.watch.reason = "the broker ended the connection: Server busy"
    assert Wait(0.5) == scene.relay.run_once()


def test_a_connection_that_ended_during_standby_is_ignored(scene: Scene) -> None:
    """The relay's earlier connection was taken over by another relay, as intended."""
    scene.watch.reason = "the broker ended the connection: Session taken over"

    scene.relay.run_once()

    assert scene.publisher.connected


def test_a_message_that_can_never_be_accepted_is_parked_at_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """It is parked with its reason and without a log line each; others are published."""
    bad, good = scene.create(1), scene.create(2)
    scene.publisher.receipts[str(bad.mac_address)] = Receipt(
        hint_accepted=True, state_accepted=False, error="too large", is_final=True
    )

    scene.relay.run_once()

    (parked,) = scene.queue.find(9)
    assert (True, "too large", False) == (parked.parked, parked.last_error, parked.announcement.restart_hint)
    assert (str(good.mac_address), 1) in scene.published()
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_exceeded_quota_parks_nothing_and_is_backed_off(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, however long it lasts."""
    config = scene.create(1)
    scene.publisher.receipts[str(config.mac_address)] = Receipt(
        hint_accepted=False, state_accepted=False, error="Quota exceeded", is_for_now=True
    )
    waits = []
    for _ in range(10):
        waits.append(scene.relay.run_once().seconds)
        scene.clock.advance(10)

    (waiting,) = scene.queue.find(9)
    assert not waiting.parked
    assert waiting.due_at <= scene.clock.now
    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0] == waits[:6]
    assert 1 == caplog.text.count("Quota exceeded")


def test_it_reports_problems_and_its_end(scene: Scene) -> None:
    """A report is written at each change and at intervals; a standby relay reports nothing about the broker."""
    scene.watch.found = (RelayProblem(RelayProblemCode.NOT_RETAINED, "nothing is retained"),)
    scene.relay.run_once()
    assert [RelayReport("this", HERE, True, scene.watch.found)] == list(scene.reports.fresh())
    scene.lease.available = False
    scene.relay.run_once()
    assert [RelayReport("this", HERE, False)] == list(scene.reports.fresh())
    scene.clock.advance(89)
    scene.seconds += 31
    scene.relay.run_once()
    scene.clock.advance(89)
    assert [RelayReport("this", HERE, False)] == list(scene.reports.fresh())

    scene.relay.close()

    assert [] == list(scene.reports.fresh())


def test_relays_with_different_targets_are_an_error_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A standby relay reports it as well; it ends when the setting is corrected."""
    scene.reports.put(RelayReport("other", THERE, False))
    for _ in range(3):
        scene.relay.run_once()
        scene.seconds += 31
    lines = [record for record in caplog.records if "IOTCONFIG_MQTT_PREFIX" in record.getMessage()]
    assert [logging.ERROR] == [line.levelno for line in lines]

    scene.reports.put(RelayReport("other", HERE, False))
    scene.relay.run_once()

    assert "same broker and prefix again" in caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    ("reports", "destination", "state", "codes"),
    [
        pytest.param([], HERE, "ok", [], id="no-relay"),
        pytest.param([RelayReport("a", HERE, True)], HERE, "ok", [], id="agreed"),
        pytest.param(
            [RelayReport("a", THERE, True)], HERE, "conflict", ["settings_differ"], id="active-elsewhere"
        ),
        pytest.param(
            [RelayReport("a", HERE, True), RelayReport("b", THERE, False)],
            HERE,
            "conflict",
            ["settings_differ"],
            id="standby-elsewhere",
        ),
        pytest.param(
            [RelayReport("a", HERE, True, (RelayProblem(RelayProblemCode.NOT_RETAINED, "x"),))],
            HERE,
            "limited",
            ["not_retained"],
            id="limits",
        ),
        pytest.param(
            [RelayReport("a", THERE, True, (RelayProblem(RelayProblemCode.NOT_RETAINED, "x"),))],
            HERE,
            "conflict",
            ["settings_differ", "not_retained"],
            id="the-worst-first",
        ),
        pytest.param([RelayReport("a", THERE, True)], None, "disabled", [], id="no-broker"),
    ],
)
def test_health_has_the_problems_of_every_relay(
    scene: Scene, reports: list[RelayReport], destination: Destination | None, state: str, codes: list[str]
) -> None:
    """Each service compares the reported targets with its own setting."""
    for report in reports:
        scene.reports.put(report)
    service = NotificationService(
        scene.queue, scene.clock, destination is not None, destination=destination, reports=scene.reports
    )

    health = service.health()

    assert (state, codes) == (health.state, [problem.code for problem in health.problems])
