"""`Publisher` over MQTT: the messages at a real broker, and the broker's answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iotconfig.adapters.mqtt import MqttPublisher
from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.announcing.ports import Receipt
from tests.support.broker_files import denying
from tests.support.listener import Listener, ReceivedMessage
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import wait_until

from .publishers import CLIENT_ID, TAKEN, publisher_on
from .queues import asset, change, deletion, subject

MAC = "aa:bb:cc:dd:ee:ff"
DEVICE = Subject(Kind.CONFIG, MAC)
STATE = AnnouncedDocument(7, '"abc"', datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC))
FLEET = "iotsupport/updates/configs"
RETAINED = f"iotsupport/devices/{MAC}/config"
HINT = ReceivedMessage(FLEET, b'{"filename": "aa:bb:cc:dd:ee:ff.json"}', retained=False)


@pytest.fixture
def publisher(broker: Mosquitto) -> Iterator[MqttPublisher]:
    """A publisher that is connected to the test's broker."""
    with publisher_on(broker.url) as publisher:
        publisher.connect()
        yield publisher


def test_a_change_is_published_on_both_topics_state_first(
    publisher: MqttPublisher, listener: Listener
) -> None:
    """A device that reacts to the hint finds the new state; the bytes of the hint are those that firmware compares."""
    receipts = publisher.publish([Announcement(DEVICE, restart_hint=True, state=STATE)])

    state, restart_hint = listener.wait_for(2)
    assert [TAKEN] == list(receipts)
    assert HINT == restart_hint
    assert RETAINED == state.topic
    assert [
        ("mac_address", MAC),
        ("revision", 7),
        ("etag", '"abc"'),
        ("updated_at", "2026-01-02T03:04:05.678900Z"),
    ] == list(state.json().items())


@pytest.mark.parametrize(
    ("announcement", "topics"),
    [
        pytest.param(Announcement(DEVICE, restart_hint=False, state=STATE), [RETAINED], id="retained-only"),
        pytest.param(Announcement(DEVICE, restart_hint=True), [FLEET], id="hint-only"),
        pytest.param(asset("a.bin"), ["iotsupport/updates/assets"], id="asset"),
        pytest.param(Announcement(DEVICE, restart_hint=False), [], id="nothing"),
    ],
)
def test_only_requested_topics_are_published(
    publisher: MqttPublisher, listener: Listener, announcement: Announcement, topics: list[str]
) -> None:
    """An announcement without a topic is acknowledged without a message."""
    end = Announcement(subject(1), restart_hint=True)

    receipts = publisher.publish([announcement, end])

    received = listener.wait_for(len(topics) + 1)
    assert [TAKEN, TAKEN] == list(receipts)
    assert [*topics, FLEET] == [message.topic for message in received]


@pytest.mark.parametrize(
    "name", [pytest.param("a.bin", id="plain"), pytest.param('ä "q" #+/😀.bin', id="odd")]
)
def test_an_asset_is_published_by_its_name(publisher: MqttPublisher, listener: Listener, name: str) -> None:
    """The name has no suffix."""
    publisher.publish([asset(name)])

    (received,) = listener.wait_for(1)
    assert {"filename": name} == json.loads(received.payload)


def test_the_state_is_retained_and_the_hint_is_not(publisher: MqttPublisher, broker: Mosquitto) -> None:
    """A later subscriber receives the newest state of each device, and no hint."""
    for revision in (1, 2):
        publisher.publish([change(1, revision)])
    publisher.publish([change(2, 9)])

    with Listener(broker.port) as late:
        received = late.wait_for(2)

    assert {(str(subject(1).key), 2, True), (str(subject(2).key), 9, True)} == {
        (message.json()["mac_address"], message.json()["revision"], message.retained) for message in received
    }


def test_a_deletion_clears_the_retained_message(
    publisher: MqttPublisher, broker: Mosquitto, listener: Listener
) -> None:
    """The retained topic gets an empty payload and the fleet topic nothing; a later subscriber receives nothing."""
    publisher.publish([change(1, 1), change(2, 1)])
    listener.wait_for(4)
    listener.forget()

    assert [TAKEN] == list(publisher.publish([deletion(1, 2)]))

    topic = f"iotsupport/devices/{subject(1).key}/config"
    assert [ReceivedMessage(topic, b"", retained=False)] == listener.wait_for(1)
    with Listener(broker.port) as late:
        (left,) = late.wait_for(1)
    assert subject(2).key == left.json()["mac_address"]


def test_messages_have_qos_1(publisher: MqttPublisher, broker: Mosquitto) -> None:
    """The broker's log shows QoS 1 and the retain flags."""
    publisher.publish([Announcement(DEVICE, restart_hint=True, state=STATE)])

    def seen() -> list[tuple[str, str, str]]:
        pattern = rf"Received PUBLISH from {CLIENT_ID} \(d0, q(\d), r(\d), m\d+, '([^']+)'"
        return re.findall(pattern, broker.log())

    wait_until(lambda: len(seen()) == 2, "the broker logs both messages")
    assert [("1", "1", RETAINED), ("1", "0", FLEET)] == seen()


def test_the_prefix_is_a_setting(broker: Mosquitto) -> None:
    """All topics begin with it; it may have several levels."""
    with (
        Listener(broker.port, "#") as listener,
        publisher_on(broker.url, prefix="home/iöt") as publisher,
    ):
        publisher.connect()
        publisher.publish([Announcement(DEVICE, restart_hint=True, state=STATE), asset("a.bin")])

        assert [
            f"home/iöt/devices/{MAC}/config",
            "home/iöt/updates/configs",
            "home/iöt/updates/assets",
        ] == [message.topic for message in listener.wait_for(3)]


def test_without_subscribers_it_is_accepted(publisher: MqttPublisher) -> None:
    """The broker's reason "no matching subscribers" is a success."""
    assert [TAKEN] * 2 == list(publisher.publish([change(1), asset("a.bin")]))


def test_nothing_to_publish(publisher: MqttPublisher) -> None:
    """An empty batch has no receipts."""
    assert [] == publisher.publish([])


@pytest.fixture
def deny(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starts a broker that refuses messages on some topics."""
    started: list[Mosquitto] = []

    def start(*topics: str) -> Mosquitto:
        started.append(Mosquitto(tmp_path, denying(tmp_path, *topics)))
        return started[-1]

    yield start
    for broker in started:
        broker.stop()


@pytest.mark.parametrize(
    ("denied", "stated", "blamed"),
    [
        pytest.param([FLEET], True, FLEET, id="restart_hint"),
        pytest.param([RETAINED], False, RETAINED, id="state"),
        pytest.param([RETAINED, FLEET], False, RETAINED, id="both"),
    ],
)
def test_a_refusal_says_what_was_refused(
    deny: Callable[..., Mosquitto], denied: list[str], stated: bool, blamed: str
) -> None:
    """It has the broker's reason and the topic, even if the broker then disconnects, as Mosquitto 2.0.11 does."""
    with publisher_on(deny(*denied).url) as publisher:
        publisher.connect()
        (receipt,) = publisher.publish([Announcement(DEVICE, restart_hint=True, state=STATE)])

    assert receipt is not None
    assert stated is receipt.state_accepted
    assert not (receipt.hint_accepted and FLEET in denied)
    assert receipt.error is not None
    assert f"Not authorized ({blamed})" in receipt.error


def test_one_refusal_does_not_delay_others(deny: Callable[..., Mosquitto]) -> None:
    """Receipts are in the order of the announcements; a disconnect costs one more connection."""
    denied = f"iotsupport/devices/{subject(2).key}/config"
    broker = deny(denied)
    batch = [change(number) for number in range(1, 50)]
    receipts: dict[str, Receipt] = {}
    with Listener(broker.port) as listener, publisher_on(broker.url) as publisher:
        # Repeat if the end of the connection was noticed before the refusal was read.
        for _ in range(4):
            left = [announcement for announcement in batch if announcement.subject.key not in receipts]
            publisher.connect()
            answers = zip(left, publisher.publish(left), strict=True)
            receipts.update({one.subject.key: receipt for one, receipt in answers if receipt is not None})
            publisher.disconnect()
        assert {announcement.subject.key for announcement in batch} == set(receipts)
        states = {message.topic for message in listener.wait_for(48, "/config")}

    assert [subject(2).key] == [key for key, receipt in receipts.items() if receipt.error is not None]
    assert denied not in states
