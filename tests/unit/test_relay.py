"""The relay, one step at a time, over ports that do as they are told."""

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
    """A relay over a memory store, and everything it talks to."""

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

    def told(self) -> list[tuple[str, int]]:
        """The keys and revisions that were published, in their order."""
        return [(a.subject.key, a.state.revision) for a in self.publisher.told if a.state is not None]


class Unsettled:
    """The queue of a store that takes no writes until it is told to."""

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


def test_what_was_told_is_pending_no_more(scene: Scene) -> None:
    """An accepted announcement leaves the queue, and the next step follows at once."""
    config = scene.create(1)

    wait = scene.relay.run_once()

    assert Wait(0) == wait
    assert [(str(config.mac_address), 1)] == scene.told()
    assert 0 == scene.queue.backlog().pending


def test_without_anything_pending_it_waits_to_be_woken(scene: Scene) -> None:
    """An idle relay sleeps until its safety net, and a wake-up ends that."""
    assert Wait(5.0, wakes=True) == scene.relay.run_once()


def test_it_wakes_for_what_is_due_later(scene: Scene) -> None:
    """Paced hints are told when their time comes, and not before."""
    scene.create(1)
    scene.create(2)
    while scene.relay.run_once().seconds == 0:
        pass
    scene.publisher.told.clear()
    scene.service.announce_all(hints_per_second=0.5)

    first, second = scene.relay.run_once(), scene.relay.run_once()
    told_at_once = len(scene.publisher.told)
    scene.clock.advance(2)
    scene.relay.run_once()

    assert [Wait(0), Wait(2.0, wakes=True)] == [first, second]
    assert (1, 2) == (told_at_once, len(scene.publisher.told))


def test_without_the_lease_nothing_is_told_and_no_connection_kept(scene: Scene) -> None:
    """A relay that stands by, or lost its lease, has no business with the broker."""
    scene.relay.run_once()
    scene.lease.available = False
    scene.create(1)

    wait = scene.relay.run_once()

    assert Wait(1.0) == wait
    assert [] == scene.publisher.told
    assert not scene.publisher.connected


def test_a_change_during_its_publish_is_told_again(scene: Scene) -> None:
    """The row is removed by generation: what came in meanwhile stays pending."""
    config = scene.create(1)
    scene.publisher.during_publish = [
        lambda: scene.service.update(config.id, ConfigContent.parse('{"a": 1}'))
    ]
    scene.relay.run_once()
    scene.publisher.during_publish = []

    scene.relay.run_once()

    assert [1, 2] == [revision for _, revision in scene.told()]
    assert 0 == scene.queue.backlog().pending


def test_a_device_announced_again_in_flight_is_announced_once_more(scene: Scene) -> None:
    """The same revision, too: an operator who pressed Save twice gets two restarts at most, and one at least."""
    config = scene.create(1)
    scene.publisher.during_publish = [lambda: scene.service.announce(config.id)]
    scene.relay.run_once()
    scene.publisher.during_publish = []

    scene.relay.run_once()

    assert [1, 1] == [revision for _, revision in scene.told()]


def test_unanswered_announcements_stay_and_answered_ones_go(scene: Scene) -> None:
    """When a connection breaks in the middle, only what the broker took is done."""
    answered, unanswered = scene.create(1), scene.create(2)
    scene.publisher.receipts[str(unanswered.mac_address)] = None

    wait = scene.relay.run_once()

    assert not wait.wakes
    assert [str(unanswered.mac_address)] == [n.announcement.subject.key for n in scene.queue.find(9)]
    assert str(answered.mac_address) == scene.publisher.told[0].subject.key
    assert not scene.publisher.connected


def test_a_broker_that_is_away_is_no_fault_of_a_message(scene: Scene) -> None:
    """However long it is away, nothing counts as refused and nothing is parked."""
    scene.create(1)
    scene.publisher.away = "connection refused"

    for _ in range(50):
        scene.relay.run_once()

    (pending,) = scene.queue.find(9)
    assert (0, False) == (pending.refusals, pending.parked)


def test_the_delays_of_reconnecting_grow_to_ten_seconds(scene: Scene) -> None:
    """They double, have an end, and start anew once the broker was back."""
    scene.publisher.away = "connection refused"
    delays = [scene.relay.run_once().seconds for _ in range(8)]
    scene.publisher.away = None
    scene.relay.run_once()
    scene.publisher.away = "connection refused"

    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0] == delays
    assert 0.5 == scene.relay.run_once().seconds


def test_the_delays_of_reconnecting_are_jittered(scene: Scene) -> None:
    """A thousand services that lost one broker do not come back in one moment."""
    scene.publisher.away = "connection refused"
    scene.jitter = 0.0

    assert 0.25 == scene.relay.run_once().seconds


def test_a_refused_message_backs_off_and_is_parked_while_others_flow(scene: Scene) -> None:
    """The broker's reason is kept, and one bad topic keeps no other device waiting."""
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
    assert (str(good.mac_address), 1) == scene.told()[-1]


def test_a_hint_that_was_taken_is_not_repeated_with_a_refused_state(scene: Scene) -> None:
    """The device restarts once, not with every attempt."""
    config = scene.create(1)
    scene.publisher.receipts[str(config.mac_address)] = _REFUSED_STATE
    scene.relay.run_once()
    scene.clock.advance(60)
    scene.relay.run_once()

    assert [True, False] == [announcement.restart_hint for announcement in scene.publisher.told]


def test_a_parked_notification_is_revived_by_the_next_change(scene: Scene) -> None:
    """What was refused before may be allowed by now, and the new revision deserves its own attempts."""
    config = scene.create(1)
    scene.publisher.receipts[str(config.mac_address)] = _REFUSED_STATE
    for _ in range(RetryPolicy().limit):
        scene.relay.run_once()
        scene.clock.advance(60)
    scene.service.update(config.id, ConfigContent.parse('{"a": 1}'))

    (revived,) = scene.queue.find(9)
    assert (False, 0, None) == (revived.parked, revived.refusals, revived.last_error)


def test_many_changes_while_the_broker_is_away_are_one_message(scene: Scene) -> None:
    """State, not a log: the newest revision is told, once."""
    config = scene.create(1)
    scene.publisher.away = "connection refused"
    for number in range(100):
        scene.service.update(config.id, ConfigContent.parse(f'{{"a": {number}}}'))
        scene.relay.run_once()
    scene.publisher.away = None

    scene.relay.run_once()

    assert [(str(config.mac_address), 101)] == scene.told()


def test_closing_lets_the_next_relay_take_over(scene: Scene) -> None:
    """Connection and lease are given back."""
    scene.relay.run_once()

    scene.relay.close()

    assert scene.lease.released
    assert not scene.publisher.connected


def test_what_a_broker_hangs_up_on_lets_the_others_go_first_and_is_not_parked(scene: Scene) -> None:
    """No reason was given, so it is tried for ever; but it does not come first for ever."""
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
    assert str(good.mac_address) in [key for key, _ in scene.told()]
    assert (str(bad.mac_address), False) == (left.announcement.subject.key, left.parked)
    assert left.due_at <= scene.clock.now + timedelta(seconds=10)


def test_a_clock_that_differs_from_the_writers_delays_nothing(scene: Scene) -> None:
    """The machine that announces may be ahead of the one that relays."""
    scene.clock.advance(3600)
    scene.create(1)
    scene.clock.advance(-3600)

    scene.relay.run_once()

    assert 1 == len(scene.told())


def test_what_could_not_be_struck_off_is_not_told_again(scene: Scene) -> None:
    """On a store that takes no writes, nothing is told twice, and nothing new; then the relay goes on."""
    scene.create(1)
    queue = Unsettled(scene.queue)
    scene.relay = Relay(queue, scene.publisher, scene.lease, scene.clock, lambda: scene.jitter)

    for _ in range(3):
        scene.relay.run_once()
    scene.create(2)
    scene.relay.run_once()
    meanwhile = len(scene.publisher.told)
    queue.is_read_only = False
    scene.relay.run_once()
    scene.relay.run_once()

    assert (1, 2) == (meanwhile, len(scene.publisher.told))
    assert 0 == scene.queue.backlog().pending


def test_a_broker_that_ends_each_connection_is_not_stormed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The waits grow to ten seconds though each connection succeeds; one line says why, until it was well for a minute."""
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


def test_what_ended_while_it_stood_by_is_no_matter(scene: Scene) -> None:
    """The relay that was active then has been taken over in order."""
    scene.watch.reason = "the broker ended the connection: Session taken over"

    scene.relay.run_once()

    assert scene.publisher.connected


def test_what_can_never_be_taken_is_parked_at_once(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """With its reason, without a line for each, and the others flow."""
    bad, good = scene.create(1), scene.create(2)
    scene.publisher.receipts[str(bad.mac_address)] = Receipt(
        hint_accepted=True, state_accepted=False, error="too large", is_final=True
    )

    scene.relay.run_once()

    (parked,) = scene.queue.find(9)
    assert (True, "too large", False) == (parked.parked, parked.last_error, parked.announcement.restart_hint)
    assert (str(good.mac_address), 1) in scene.told()
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_quota_that_is_used_up_parks_nothing_and_is_not_stormed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """However long it lasts; it is said once."""
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


def test_it_reports_what_is_wrong_and_that_it_ends(scene: Scene) -> None:
    """At once when something changes, else now and then; a relay that stands by has nothing to say of the broker."""
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


def test_another_relay_that_announces_elsewhere_is_an_error_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """One that stands by as well; when its setting is mended all is well again."""
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
def test_health_tells_of_every_relays_trouble(
    scene: Scene, reports: list[RelayReport], destination: Destination | None, state: str, codes: list[str]
) -> None:
    """Each service compares where relays announce with its own setting."""
    for report in reports:
        scene.reports.put(report)
    service = NotificationService(
        scene.queue, scene.clock, destination is not None, destination=destination, reports=scene.reports
    )

    health = service.health()

    assert (state, codes) == (health.state, [problem.code for problem in health.problems])
