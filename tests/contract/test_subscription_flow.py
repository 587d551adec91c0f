"""`Subscription` over MQTT: what it asks a broker for, and answers that Mosquitto does not give."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from iotconfig.adapters.mqtt import Broker, MqttSubscription, connection
from iotconfig.domain.devices.incoming import Incoming, Topic
from iotconfig.domain.errors import BrokerUnavailable
from tests.support.scripted_broker import ScriptedBroker, scripted_broker
from tests.support.waiting import wait_until

_WINDOW = 10
_TOPICS = ["iotsupport/devices/+/report", "iotsupport/devices/+/online"]
_QOS_1, _RETAIN_HANDLING_1 = 0x01, 0x10


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    """A broker that accepts one subscriber."""
    with scripted_broker() as broker:
        yield broker


@contextmanager
def _connecting(
    broker: ScriptedBroker, *, catches_up: bool = False
) -> Iterator[tuple[MqttSubscription, Future[None]]]:
    """A subscription that connects in the background."""
    address = Broker.parse(f"mqtt://127.0.0.1:{broker.port}")
    made = MqttSubscription(address, prefix="iotsupport", client_id="a", window=_WINDOW, timeout=20)
    with ThreadPoolExecutor() as pool:
        try:
            yield made, pool.submit(lambda: made.connect(catches_up=catches_up))
        finally:
            made.disconnect()


@pytest.mark.parametrize(
    ("catches_up", "options"),
    [(False, _QOS_1 | _RETAIN_HANDLING_1), (True, _QOS_1)],
    ids=["plain", "catch-up"],
)
def test_retained_messages_are_asked_for(broker: ScriptedBroker, catches_up: bool, options: int) -> None:
    """Retain Handling 1 sends them to a new session only, 0 to every session."""
    with _connecting(broker, catches_up=catches_up) as (subscription, connected):
        broker.accept()
        message_id, asked = broker.subscription()
        broker.grant(message_id, 1, 1)
        connected.result(20)
        assert dict.fromkeys(_TOPICS, options) == asked
        assert subscription.is_connected()


def test_messages_before_the_answer_to_the_subscription(broker: ScriptedBroker) -> None:
    """A broker may send retained messages first, and more than the queue holds."""
    with _connecting(broker) as (subscription, connected):
        broker.accept()
        message_id, _ = broker.subscription()
        broker.send(b"iotsupport/devices/a/report", b"{}", 5 * _WINDOW)
        broker.grant(message_id, 1, 1)
        connected.result(20)

        wait_until(lambda: subscription.wait(0), "messages are there")
        expected = Incoming(Topic.REPORT, "a", b"{}", is_retained=True, is_kept=False)
        assert [expected] * 5 * _WINDOW == list(subscription.take(1000))


def test_a_late_answer_to_the_subscription(broker: ScriptedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine first reads the messages before it, so the wait is that of the setting."""
    monkeypatch.setattr(connection, "_PATIENCE", 0.05)
    with _connecting(broker) as (subscription, connected):
        broker.accept()
        message_id, _ = broker.subscription()
        assert broker.is_quiet(0.3)
        broker.grant(message_id, 1, 1)
        connected.result(20)
        assert subscription.is_connected()


def test_a_refused_subscription(broker: ScriptedBroker) -> None:
    """The error names the topic, and the two ways out."""
    with _connecting(broker) as (subscription, connected):
        broker.accept()
        message_id, _ = broker.subscription()
        broker.grant(message_id, 1, 0x87)

        with pytest.raises(
            BrokerUnavailable, match=r"devices/[+]/online: Not authorized.*IOTCONFIG_MQTT_DEVICES=off"
        ):
            connected.result(20)
        assert not subscription.is_connected()


def test_the_reason_for_the_end_of_a_connection(broker: ScriptedBroker) -> None:
    """A broker that gives one would end the next connection, too."""
    with _connecting(broker) as (subscription, connected):
        broker.accept()
        message_id, _ = broker.subscription()
        broker.grant(message_id, 1, 1)
        connected.result(20)
        assert subscription.ending() is None
        broker.end(0x8E)

        assert subscription.wait(20)
        wait_until(lambda: not subscription.is_connected(), "the end is noticed")
        assert str(subscription.ending()).endswith("ended the connection: Session taken over")


def test_a_topic_that_is_not_utf_8(broker: ScriptedBroker) -> None:
    """It names no device; the message behind it arrives."""
    with _connecting(broker) as (subscription, connected):
        broker.accept()
        message_id, _ = broker.subscription()
        broker.grant(message_id, 1, 1)
        connected.result(20)
        broker.send(b"iotsupport/devices/\xff/report", b"{}")
        broker.send(b"iotsupport/devices/b/online", b"online")

        found: list[Incoming] = []

        def are_both_there() -> bool:
            found.extend(subscription.take(10))
            return len(found) == 2

        wait_until(are_both_there, "both messages are there")
        assert ["", "b"] == [message.device for message in found]
