"""What a subscriber reports about itself, and the health that is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import define, field

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.memory.subscriber_reports import MemorySubscriberReports
from iotconfig.adapters.memory.subscription import MemoryBroker, MemorySubscription
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.inbox import Inbox
from iotconfig.domain.devices.incoming import Incoming, Outcome, Topic
from iotconfig.domain.devices.subscriber import Subscriber
from iotconfig.domain.devices.subscriber_reports import (
    SubscriberHealth,
    SubscriberReport,
    SubscriberReporter,
    SubscriberService,
    SubscriberState,
)
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.entrypoints.wiring.subscribing import report_reader
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock
from tests.unit.relay_ports import SwitchedLease

_READ = report_reader()


@define
class _Reports(MemorySubscriberReports):
    """Counts what was written, and can be away."""

    puts: int = 0
    is_away: bool = False

    def put(self, report: SubscriberReport) -> None:
        self.puts += 1
        if self.is_away:
            raise StoreUnavailable("away")
        super().put(report)


@define
class _Scene:
    """A subscriber named "this" with its broker, its lease, and the stored report."""

    now: float = 1000.0
    broker: MemoryBroker = field(factory=MemoryBroker)
    lease: SwitchedLease = field(factory=SwitchedLease)
    clock: SteppingClock = field(factory=SteppingClock)
    reports: _Reports = field(init=False)
    observed: list[Incoming] = field(factory=list)
    """The messages that were recorded."""
    subscriber: Subscriber = field(init=False)

    def __attrs_post_init__(self) -> None:
        store = MemoryStore()
        ConfigService(store, SteppingClock()).create(mac(1), content())
        self.reports = _Reports(SteppingClock())
        self.subscriber = Subscriber(
            MemorySubscription(self.broker),
            Inbox(store.evidence, store.last_messages, _READ, SteppingClock()),
            store.last_messages,
            self.lease,
            lambda: 1.0,
            self,
            monotonic=lambda: self.now,
            reporter=SubscriberReporter(self.reports, "this", self.clock, lambda: self.now),
        )

    def connected(self, *, is_connected: bool) -> None:
        """What reports are about is told to them, too."""

    def recorded(self, messages: Sequence[Incoming], outcomes: Sequence[Outcome], now: float) -> None:
        self.observed += messages

    def step(self, seconds: float = 0.0) -> SubscriberReport | None:
        self.now += seconds
        self.subscriber.run_once()
        return self.reports.fresh()

    def hear(self) -> None:
        self.broker.publish(Topic.ONLINE, str(mac(1)), b"online")

    def health(self) -> SubscriberHealth:
        return SubscriberService(self.reports, is_enabled=True, reads=True).health()


@pytest.fixture
def scene() -> _Scene:
    """A subscriber that has not run yet."""
    return _Scene()


def test_it_reports_its_connection_and_why_there_is_none(scene: _Scene) -> None:
    """Each change at once, with its time; a reason only while there is no connection."""
    scene.clock.go_to(START.replace(hour=5))
    first = scene.step()
    assert SubscriberReport("this", True, START.replace(hour=5)) == first

    scene.broker.stop()
    scene.clock.go_to(START.replace(hour=6))
    away = scene.step(100)
    assert (
        SubscriberReport("this", False, START.replace(hour=6), None, "the broker in memory is away") == away
    )
    assert SubscriberHealth(SubscriberState.DISCONNECTED, away.since, None, away.problem) == scene.health()

    scene.broker.start()
    scene.clock.go_to(START.replace(hour=7))
    assert SubscriberReport("this", True, START.replace(hour=7)) == scene.step(20)
    assert SubscriberHealth(SubscriberState.CONNECTED, START.replace(hour=7), None, None) == scene.health()


def test_it_stays_fresh_without_a_change(scene: _Scene) -> None:
    """A report every 30 s, and none between."""
    scene.step()
    for _ in range(6):
        scene.step(5)

    assert 2 == scene.reports.puts


def test_the_last_message_is_told_at_intervals(scene: _Scene) -> None:
    """1,000 messages a second are not 10 transactions a second more."""
    told = []
    for _ in range(25):
        scene.hear()
        report = scene.step(1)
        assert report is not None
        told.append(report.last_message_at)

    assert told[0] is None or told[0] >= START
    assert 3 == len({at for at in told if at is not None})
    assert 4 >= scene.reports.puts


def test_a_standby_subscriber_reports_nothing(scene: _Scene) -> None:
    """The report is the active one's."""
    scene.lease.available = False
    assert scene.step() is None

    scene.reports.put(SubscriberReport("active", True, START))
    scene.step(31)
    scene.subscriber.close()
    assert SubscriberReport("active", True, START) == scene.reports.fresh()


def test_its_end_removes_the_report(scene: _Scene) -> None:
    """Then health says that none is there, and what starts one."""
    scene.step()
    scene.subscriber.close()

    found = scene.health()
    assert SubscriberState.MISSING == found.state
    assert "'iotconfig serve'" in str(found.problem)


@pytest.mark.parametrize(
    ("predecessor", "repeated"),
    [
        pytest.param(SubscriberReport("killed", True, START), 0, id="killed"),
        pytest.param(SubscriberReport("killed", False, START), 0, id="killed-while-it-connected-again"),
        pytest.param(
            SubscriberReport("killed", False, START - timedelta(seconds=30)),
            1,
            id="killed-without-its-broker",
        ),
        pytest.param(SubscriberReport("killed", False, None), 1, id="killed-before-it-connected"),
        pytest.param(None, 1, id="stopped-or-long-ago"),
    ],
)
def test_the_successor_of_a_killed_one_asks_for_nothing_again(
    scene: _Scene, predecessor: SubscriberReport | None, repeated: int
) -> None:
    """What was not acknowledged is in the session. Several kills would queue the retained messages of all devices as often."""
    first = MemorySubscription(scene.broker)
    first.connect(catches_up=False)
    scene.hear()
    first.acknowledge(first.take(1))
    first.disconnect()
    if predecessor is not None:
        scene.reports.put(predecessor)
    scene.step()

    assert repeated == len(scene.observed)


def test_a_store_that_is_away_does_not_stop_it(scene: _Scene) -> None:
    """It goes on reading, tries again after some seconds, and ends."""
    scene.reports.is_away = True
    for _ in range(3):
        assert scene.step(1) is None
    assert 1 == scene.reports.puts
    scene.reports.is_away = False

    assert scene.step(5) is not None


@pytest.mark.parametrize(
    ("service", "state"),
    [
        (SubscriberService(None, is_enabled=False, reads=False), "disabled"),
        (SubscriberService(None, is_enabled=True, reads=False), "off"),
        (SubscriberService(None, is_enabled=True, reads=True), "unknown"),
        (SubscriberService(MemorySubscriberReports(SteppingClock()), is_enabled=True, reads=True), "missing"),
    ],
    ids=["no-broker", "not-read", "not-kept", "none-runs"],
)
def test_health_says_why_nothing_is_read(service: SubscriberService, state: str) -> None:
    """Where no broker is configured, no report is asked for."""
    assert state == service.health().state
