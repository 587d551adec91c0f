"""`Publisher` over MQTT: limits of the broker, and its reason codes."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from iotconfig.adapters.mqtt import MqttPublisher
from iotconfig.domain.announcing.relay_reports import RelayProblemCode
from iotconfig.domain.errors import BrokerUnavailable
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.scripted_broker import ScriptedBroker, scripted_broker
from tests.support.waiting import wait_until

from .publishers import TAKEN, publisher_on
from .queues import asset, change, deletion

FLEET = "iotsupport/updates/configs"


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker with the most restrictive limits that Mosquitto supports."""
    broker = Mosquitto(
        tmp_path,
        "retain_available false",
        "max_qos 0",
        "max_packet_size 150",
        "max_keepalive 10",
        "max_inflight_messages 1",
    )
    yield broker
    broker.stop()


def test_messages_within_the_limits_are_sent(limited: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    """The fleet topic gets each change; too large messages are parked; the limits are logged once."""
    caplog.set_level(logging.INFO)
    with Listener(limited.port) as listener, publisher_on(limited.url) as publisher:
        for turn in (1, 2):
            publisher.connect()
            *receipts, last = publisher.publish([change(1), asset("a.bin"), deletion(2), asset("b" * 150)])
            # A message of QoS 0 that is in transit when a connection is closed may be lost.
            received = listener.wait_for(3 * turn)
            publisher.disconnect()

    state, restart_hint, cleared = receipts
    assert state is not None
    assert last is not None
    assert (True, False, True) == (state.hint_accepted, state.state_accepted, state.is_final)
    assert "bytes, and the broker accepts packets of up to 150" in str(state.error)
    assert (False, True) == (last.hint_accepted, last.is_final)
    assert [TAKEN, TAKEN] == [restart_hint, cleared]
    assert [
        FLEET,
        "iotsupport/updates/assets",
        f"iotsupport/devices/{deletion(2).subject.key}/config",
    ] * 2 == [message.topic for message in received]
    assert {
        RelayProblemCode.NOT_RETAINED,
        RelayProblemCode.NOT_ACKNOWLEDGED,
        RelayProblemCode.PACKETS_TOO_SMALL,
    } == {problem.code for problem in publisher.problems()}
    (line,) = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("iotconfig") and record.levelno >= logging.WARNING
    ]
    for word in ("Retain Available", "Maximum QoS", "Maximum Packet Size"):
        assert word in line


def test_a_broker_without_limits_has_no_problems(broker: Mosquitto) -> None:
    """No problem is reported."""
    with publisher_on(broker.url) as publisher:
        publisher.connect()

        assert [] == list(publisher.problems())


def test_a_hint_expires_for_a_session_that_was_away_and_the_state_does_not(broker: Mosquitto) -> None:
    """A device that reconnects receives its newest state, and no outdated hint."""
    with publisher_on(broker.url, hint_expiry=1) as publisher:
        publisher.connect()
        with Listener(broker.port, keep="a-device"):
            pass
        for revision in range(1, 16):
            assert [TAKEN] == list(publisher.publish([change(1, revision), asset("a.bin")]))[:1]
        # The broker counts whole seconds.
        expired = monotonic() + 2.5
        wait_until(lambda: monotonic() > expired, "hints have expired")
        with Listener(broker.port, keep="a-device") as device:
            publisher.publish([asset("end")])
            received = device.wait_for(1, "updates/assets")
            states = device.wait_for(1, "/config")

    assert ["end"] == [message.json()["filename"] for message in received]
    assert [] == device.received(FLEET)
    assert 15 == states[-1].json()["revision"]


@contextmanager
def scripted(
    *properties: bytes, reason: int = 0
) -> Iterator[tuple[ScriptedBroker, MqttPublisher, ThreadPoolExecutor]]:
    """A publisher whose scripted broker accepted it with these properties of its CONNACK."""
    with (
        ThreadPoolExecutor(1) as threads,
        scripted_broker() as broker,
        publisher_on(f"mqtt://127.0.0.1:{broker.port}", timeout=5) as publisher,
    ):
        connecting = threads.submit(publisher.connect)
        broker.accept(100, *properties, reason=reason)
        connecting.result(20)
        yield broker, publisher, threads


def test_the_keep_alive_of_the_broker_is_used() -> None:
    """Pings follow the broker's interval instead of the default of 15 s."""
    with scripted(struct.pack("!BH", 0x13, 1)) as (broker, _publisher, _threads):
        assert not broker.is_quiet(5)


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        pytest.param(0x84, "use a broker that supports it", id="protocol-version"),
        pytest.param(0x85, "accept the client id iotsupport-relay", id="client-id"),
        pytest.param(0x86, "check MQTT_USERNAME", id="password"),
        pytest.param(0x89, "Server busy", id="busy"),
        pytest.param(0x9D, "set MQTT_URL", id="moved"),
    ],
)
def test_a_refused_connection_has_the_reason_of_the_broker(reason: int, line: str) -> None:
    """The broker's text and its server reference are escaped."""
    reference = b"other\x1b[31m:1883"
    properties = b"\x1c" + struct.pack("!H", len(reference)) + reference
    with pytest.raises(BrokerUnavailable, match=line) as refused, scripted(properties, reason=reason):
        pass

    assert "\x1b" not in str(refused.value)
    assert "other\\x1b[31m:1883" in str(refused.value)


@pytest.mark.parametrize(
    ("reason", "is_for_now"),
    [
        pytest.param(0x97, True, id="quota"),
        pytest.param(0x83, False, id="implementation"),
        pytest.param(0x90, False, id="topic"),
        pytest.param(0x99, False, id="payload"),
    ],
)
def test_an_exceeded_quota_is_not_a_refusal_of_the_message(reason: int, is_for_now: bool) -> None:
    """All other reason codes count against the message."""
    with scripted() as (broker, publisher, threads):
        publishing = threads.submit(publisher.publish, [asset("a")])
        broker.answer(*broker.publishes(1), reason=reason)
        (receipt,) = publishing.result(20)

    assert receipt is not None
    assert (False, is_for_now, False) == (
        receipt.hint_accepted,
        receipt.is_for_now,
        receipt.connection_closed,
    )


@pytest.mark.parametrize(
    ("reason", "lost", "connection_closed"),
    [
        pytest.param(0x8E, "Session taken over", None, id="taken-over"),
        pytest.param(0x89, "Server busy", None, id="busy"),
        pytest.param(0x96, "Message rate too high", None, id="rate"),
        pytest.param(0x9C, "Use another server", None, id="moved"),
        pytest.param(0x95, None, False, id="packet-too-large"),
        pytest.param(0x87, None, True, id="not-authorized"),
    ],
)
def test_reasons_of_a_disconnect(reason: int, lost: str | None, connection_closed: bool | None) -> None:
    """The relay gets the broker's reason; only reasons about a message count against it."""
    with scripted() as (broker, publisher, threads):
        publishing = threads.submit(publisher.publish, [asset("a")])
        broker.publishes(1)
        broker.end(reason)
        (receipt,) = publishing.result(20)

        assert connection_closed == (None if receipt is None else receipt.connection_closed)
        said = publisher.lost()
        assert (lost is None) == (said is None)
        assert (lost or "") in (said or "")
        assert publisher.lost() is None
