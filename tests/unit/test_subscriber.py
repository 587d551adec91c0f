"""The subscriber: when it connects, records, acknowledges, waits and gives up."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

import pytest
from attrs import define

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.memory.subscription import MemoryBroker, MemorySubscription
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.evidence import Kind
from iotconfig.domain.devices.inbox import Inbox
from iotconfig.domain.devices.incoming import Incoming, Outcome, Topic
from iotconfig.domain.devices.subscriber import BATCH, Subscriber
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.jobs.ports import Wait
from iotconfig.entrypoints.wiring.subscribing import report_reader
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock
from tests.unit.relay_ports import SwitchedLease

DEVICE = str(mac(1))
_READ = report_reader()


@define
class _Counted:
    """What the observer was told."""

    is_connected: bool = False
    outcomes: tuple[Outcome, ...] = ()
    lag: float = 0.0

    def connected(self, *, is_connected: bool) -> None:
        self.is_connected = is_connected

    def recorded(self, messages: Sequence[Incoming], outcomes: Sequence[Outcome], now: float) -> None:
        self.outcomes += tuple(outcomes)
        self.lag = now - messages[0].arrived_at


class _World:
    """A subscriber, its broker and its database."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        clock = SteppingClock()
        ConfigService(self.store, clock).create(mac(1), content())
        self.broker = MemoryBroker()
        self.lease = SwitchedLease()
        self.counted = _Counted()
        self.now = 1000.0
        evidence, messages = self.store.evidence, self.store.last_messages
        self.subscriber = Subscriber(
            MemorySubscription(self.broker),
            Inbox(evidence, messages, _READ, clock),
            messages,
            self.lease,
            lambda: 1.0,
            self.counted,
            lambda: self.now,
        )

    def report(self, outcome: str = "applied", qos: int = 1) -> None:
        payload = json.dumps({"outcome": outcome, "etag": '"a"'}).encode()
        self.broker.publish(Topic.REPORT, DEVICE, payload, qos=qos)

    def reported(self) -> set[Kind]:
        found = self.store.evidence.find(mac(1))
        assert found is not None
        return set(found.newest)

    def waiting(self) -> int:
        """Messages at the broker that another subscriber would be sent."""
        other = MemorySubscription(self.broker)
        other.connect(catches_up=False)
        return len(other.take(10_000))


@pytest.fixture
def world() -> _World:
    """A subscriber that has connected."""
    world = _World()
    world.subscriber.run_once()
    return world


def test_a_message_is_acknowledged_when_it_is_recorded(world: _World) -> None:
    """Then the subscriber waits for more, briefly: a burst needs few transactions."""
    world.report()
    world.report("rejected")
    assert Wait(0.1) == world.subscriber.run_once()

    assert {Kind.APPLIED, Kind.REJECTED} == world.reported()
    assert (Outcome.STORED, Outcome.STORED) == world.counted.outcomes
    assert Wait(5.0, wakes=True) == world.subscriber.run_once()
    assert 0 == world.waiting()


def test_a_full_batch_is_followed_at_once(world: _World) -> None:
    """There may be more."""
    for _ in range(BATCH + 1):
        world.report()
    assert Wait(0) == world.subscriber.run_once()
    assert Wait(0.1) == world.subscriber.run_once()


def test_messages_wait_while_the_database_is_away(
    world: _World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """They are not acknowledged, and are recorded when it is back; the log has one line of each."""
    world.report()
    with monkeypatch.context() as patch:
        patch.setattr(type(world.store.evidence), "find_all", _away)
        for _ in range(3):
            assert Wait(1.0) == world.subscriber.run_once()
    assert set() == world.reported()

    world.subscriber.run_once()
    assert {Kind.APPLIED} == world.reported()
    assert [
        "subscriber: messages of devices wait at the broker: away",
        "subscriber: messages of devices are recorded again",
    ] == [record.message for record in caplog.records if record.levelno == logging.WARNING]


def test_messages_come_again_after_a_crash(world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscriber that ends between the message and its commit has acknowledged nothing."""
    world.report()
    with monkeypatch.context() as patch:
        patch.setattr(type(world.store.last_messages), "write", _away)
        world.subscriber.run_once()

    assert 1 == world.waiting()


def test_without_the_lease_it_stands_by(world: _World) -> None:
    """It leaves the session to the active one: both have the same client id."""
    world.report()
    world.lease.available = False
    assert Wait(1.0) == world.subscriber.run_once()

    assert not world.counted.is_connected
    assert set() == world.reported()
    assert 1 == world.waiting()


def test_a_broker_that_is_away_is_tried_again(world: _World, caplog: pytest.LogCaptureFixture) -> None:
    """After delays that double up to ten seconds; the log has one line of the loss and one of the return."""
    world.now += 60
    world.broker.stop()
    waits = [world.subscriber.run_once().seconds for _ in range(7)]
    assert [0.5, 1, 2, 4, 8, 10, 10] == waits
    assert not world.counted.is_connected
    world.broker.start()
    world.subscriber.run_once()
    assert world.counted.is_connected
    world.now += 5
    world.subscriber.run_once()

    assert [
        "subscriber: the broker in memory is away; trying again until it answers",
        "subscriber: messages of devices are recorded again",
    ] == [record.message for record in caplog.records if record.levelno == logging.WARNING]

    world.now += 120
    world.broker.stop()
    assert 0.5 == world.subscriber.run_once().seconds


def test_short_connections_are_not_opened_at_once(world: _World, caplog: pytest.LogCaptureFixture) -> None:
    """The subscriber of a copy of the database has the same client id: each would end the connection of the other for ever."""
    other = MemorySubscription(world.broker)
    waits = []
    for _ in range(6):
        other.connect(catches_up=False)
        waits.append(world.subscriber.run_once().seconds)
        world.subscriber.run_once()
    assert [0.5, 1, 2, 4, 8, 10] == waits
    assert ["subscriber: the broker closed the connection; trying again until it answers"] == [
        record.message for record in caplog.records if record.levelno == logging.WARNING
    ]

    world.now += 60
    other.connect(catches_up=False)
    assert Wait(5.0, wakes=True) == world.subscriber.run_once()


def test_it_catches_up_where_the_broker_does_not_keep_messages(world: _World) -> None:
    """Devices that publish with QoS 0 are known; what they retained meanwhile is read."""
    world.report(qos=0)
    world.subscriber.run_once()
    world.broker.stop()
    world.report("rejected", qos=0)
    world.subscriber.run_once()
    world.broker.start()

    world.subscriber.run_once()
    assert {Kind.APPLIED, Kind.REJECTED} == world.reported()


def test_it_catches_up_where_the_broker_may_have_dropped_messages(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its start, after half a minute without the broker, and after half a minute without the database."""
    asked: list[bool] = []
    connect = MemorySubscription.connect

    def noted(subscription: MemorySubscription, *, catches_up: bool) -> None:
        asked.append(catches_up)
        connect(subscription, catches_up=catches_up)

    monkeypatch.setattr(MemorySubscription, "connect", noted)
    again = _World()
    again.subscriber.run_once()
    assert [True] == asked
    again.now += 20
    again.subscriber.run_once()

    for seconds, catches_up in ((20, False), (40, True)):
        again.broker.stop()
        again.now += seconds
        again.subscriber.run_once()
        again.broker.start()
        again.subscriber.run_once()
        assert asked.pop() is catches_up

    for seconds, connections in ((20, 0), (40, 1)):
        asked.clear()
        again.report()
        with monkeypatch.context() as patch:
            patch.setattr(type(again.store.evidence), "find_all", _away)
            again.subscriber.run_once()
        again.now += seconds
        again.subscriber.run_once()
        again.subscriber.run_once()
        assert [True] * connections == asked


def test_refused_messages_are_logged_once_a_minute(world: _World, caplog: pytest.LogCaptureFixture) -> None:
    """The line has their number, and the topic of the last one without its escapes."""
    for device in ("\x1b[2J", DEVICE, "\x1b[2J"):
        world.broker.publish(Topic.REPORT, device, b"{}")
        world.subscriber.run_once()
    world.now += 60
    world.broker.publish(Topic.REPORT, "\x1b[2J", b"{}")
    world.subscriber.run_once()

    assert [
        r"subscriber: messages of devices refused: 1; the last one, on devices/\x1b[2J/report: bad_topic",
        r"subscriber: messages of devices refused: 3; the last one, on devices/\x1b[2J/report: bad_topic",
    ] == [record.message for record in caplog.records if record.levelno == logging.WARNING]


def test_closing_lets_another_take_over(world: _World) -> None:
    """It gives the lease back, and the broker keeps the session."""
    world.subscriber.close()
    world.report()

    assert not world.counted.is_connected
    assert world.lease.released
    assert 1 == world.waiting()


def _away(*_: object) -> None:
    raise StoreUnavailable("away")
