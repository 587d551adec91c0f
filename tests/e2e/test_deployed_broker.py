"""The shipped configuration of Mosquitto: permissions, and state that survives a restart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion

from iotconfig.domain.announcing.relay_reports import RelayProblemCode
from iotconfig.domain.devices.incoming import Topic
from iotconfig.domain.errors import BrokerUnavailable
from iotconfig.testing.announcement_builders import change
from tests.contract.publishers import TAKEN, publisher_on
from tests.support.board import Board, changed_sketch
from tests.support.broker_files import password_file
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.ports import free_port
from tests.support.scripted_service import ScriptedService
from tests.support.waiting import wait_until

_SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
_BOARDS = ("020000000001", "020000000002")
"""Users of devices: their MAC addresses without separators."""
_DEVICE: dict[str, Any] = {"username": "device", "password": "of-device"}


class ShippedBroker(Mosquitto):
    """A broker with the shipped configuration, with other paths, another port, and the test's passwords."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.process = None
        self._log = directory / "mosquitto.log"
        self._configuration = directory / "mosquitto.conf"
        users = ("iotconfig", "device", *_BOARDS)
        passwords = password_file(directory, **{user: f"of-{user}" for user in users}).split()[1]
        text = (_SHIPPED / "mosquitto.conf").read_text()
        for shipped, here in (
            ("listener 1883\n", f"listener {self.port} 127.0.0.1\n"),
            ("/mosquitto/config/passwords", passwords),
            ("/mosquitto/config/acl", str(_SHIPPED / "acl")),
            ("/mosquitto/data/", f"{directory}/"),
        ):
            assert shipped in text
            text = text.replace(shipped, here)
        user = "user root\n" if os.geteuid() == 0 else ""
        self._configuration.write_text(user + text)
        self.start()

    def url_of(self, user: str) -> str:
        return f"mqtt://{user}:of-{user}@127.0.0.1:{self.port}"


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[ShippedBroker]:
    """A running broker."""
    broker = ShippedBroker(tmp_path)
    yield broker
    broker.stop()


def test_the_service_publishes_and_devices_subscribe(shipped: ShippedBroker) -> None:
    """A sleeping device receives its state even after a restart of the broker."""
    with publisher_on(shipped.url_of("iotconfig")) as publisher:
        publisher.connect()
        with Listener(shipped.port, **_DEVICE) as device:
            assert [TAKEN] == publisher.publish([change(1)])
            assert 2 == len(device.wait_for(2))
    shipped.stop()
    shipped.start()

    with Listener(shipped.port, **_DEVICE) as later:
        (state,) = later.wait_for(1)
    assert state.retained
    assert 1 == state.json()["revision"]


def test_devices_cannot_publish(shipped: ShippedBroker) -> None:
    """A compromised device could otherwise restart all others."""
    with publisher_on(shipped.url_of("device")) as publisher:
        publisher.connect()
        (receipt,) = publisher.publish([change(1)])

    assert receipt is not None
    assert (False, False) == (receipt.hint_accepted, receipt.state_accepted)
    assert "Not authorized" in str(receipt.error)


def test_a_password_is_required(shipped: ShippedBroker) -> None:
    """This holds for publishing and subscribing."""
    with publisher_on(shipped.url) as publisher, pytest.raises(BrokerUnavailable, match="Not authorized"):
        publisher.connect()


def test_the_service_can_access_the_marker_topic(shipped: ShippedBroker) -> None:
    """It may read and write this topic."""
    with (
        publisher_on(shipped.url_of("iotconfig"), client_id="one", shows_itself=True) as one,
        publisher_on(shipped.url_of("iotconfig"), client_id="other", shows_itself=True) as other,
    ):
        for publisher in (one, other):
            publisher.connect()
            publisher.tend()

        def is_seen() -> bool:
            one.tend()
            return [RelayProblemCode.PREFIX_SHARED] == [problem.code for problem in one.problems()]

        wait_until(is_seen, "the other installation is seen")


def test_devices_cannot_access_the_marker_topic(shipped: ShippedBroker) -> None:
    """A compromised device cannot raise this alarm."""
    with (
        publisher_on(shipped.url_of("iotconfig"), client_id="one", shows_itself=True) as one,
        Listener(shipped.port, "iotsupport/+", **_DEVICE) as device,
        publisher_on(shipped.url_of("device"), client_id="other", shows_itself=True) as other,
    ):
        one.connect()
        one.tend()
        other.connect()
        with suppress(BrokerUnavailable):
            other.tend()
        assert [TAKEN] == one.publish([change(1)])
        one.tend()

        assert [] == list(one.problems())
        assert [] == device.received()


def test_a_device_writes_to_its_own_topics_only(shipped: ShippedBroker) -> None:
    """The service reads them, and no other device does. A device that shares a user writes to no device's topics."""
    own, other = _BOARDS
    topics = [f"iotsupport/devices/{device}/{topic}" for device in (own, other) for topic in Topic]
    everything = [
        *topics,
        f"iotsupport/devices/{own}/config",
        "iotsupport/updates/configs",
        "iotsupport/installation",
    ]
    with (
        Listener(
            shipped.port, "iotsupport/devices/+/report", username="iotconfig", password="of-iotconfig"
        ) as reports,
        Listener(
            shipped.port, "iotsupport/devices/+/online", username="iotconfig", password="of-iotconfig"
        ) as presences,
        Listener(shipped.port, "#", username=other, password=f"of-{other}") as spy,
        Listener(shipped.port, "+/devices/+/report", username=other, password=f"of-{other}") as curious,
    ):
        for user in (own, "device"):
            for topic in everything:
                _publish(shipped, user, topic)
        _publish(shipped, other, topics[2])

        assert [topics[0], topics[2]] == [message.topic for message in reports.wait_for(2)]
        assert [topics[1]] == [message.topic for message in presences.wait_for(1)]
        assert [] == [*spy.received(), *curious.received()]


def _publish(shipped: ShippedBroker, user: str, topic: str) -> None:
    """Publish with QoS 1 over MQTT 3.1.1, which does not tell a device that it was refused."""
    publish.single(
        topic,
        user,
        qos=1,
        port=shipped.port,
        auth={"username": user, "password": f"of-{user}"},
        protocol=MQTTProtocolVersion.MQTTv311,
    )


def test_the_sketch_publishes_to_its_own_topics(shipped: ShippedBroker, tmp_path: Path) -> None:
    """With a user that is named after the digits of its MAC address."""
    user = _BOARDS[0]
    topic = f"iotsupport/devices/{user}"
    program = changed_sketch(
        tmp_path,
        ('BROKER_USER = ""', f'BROKER_USER = "{user}"'),
        ('BROKER_PASSWORD = ""', f'BROKER_PASSWORD = "of-{user}"'),
        ("REPORTS_BY_MQTT = false", "REPORTS_BY_MQTT = true"),
    )
    service: dict[str, Any] = {"username": "iotconfig", "password": "of-iotconfig"}
    with ScriptedService() as scripted:
        with Board(
            tmp_path, "02:00:00:00:00:01", server=scripted.port, broker=shipped.port, program=program
        ) as board:
            scripted.answer(200, b"{}", ETag='"a"')
            board.wait_said("reported")
            with Listener(shipped.port, f"{topic}/report", **service) as reports:
                assert {"outcome": "applied", "etag": "a", "firmware": "1.0.0"} == reports.wait_for(1)[
                    0
                ].json()
        with Listener(shipped.port, f"{topic}/online", **service) as online:
            wait_until(lambda: b"offline" in {each.payload for each in online.received()}, "its last will")
