"""Two installations with one topic prefix: each reports the other once, and continues."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion

from iotconfig.adapters.mqtt import MqttPublisher, client_id_of
from iotconfig.adapters.mqtt.neighbours import Neighbours
from iotconfig.domain.announcing.relay_reports import RelayProblemCode
from iotconfig.domain.errors import BrokerUnavailable
from tests.support.broker_files import denying
from tests.support.listener import MARKER, Listener
from tests.support.mosquitto import Mosquitto
from tests.support.scripted_broker import scripted_broker
from tests.support.waiting import wait_until

from .publishers import TAKEN, publisher_on
from .queues import change

ONE, OTHER = client_id_of("one", "iotsupport"), client_id_of("other", "iotsupport")


class ManualClock:
    """A clock that a test advances."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pair(broker: Mosquitto, seconds: ManualClock) -> Iterator[tuple[MqttPublisher, MqttPublisher]]:
    """Publishers of two installations, connected one after the other."""
    with (
        publisher_on(broker.url, client_id=ONE, shows_itself=True, clock=seconds) as one,
        publisher_on(broker.url, client_id=OTHER, shows_itself=True, clock=seconds) as other,
    ):
        for publisher in (one, other):
            publisher.connect()
            publisher.tend()
        yield one, other


def codes(publisher: MqttPublisher) -> list[RelayProblemCode]:
    publisher.tend()
    return [problem.code for problem in publisher.problems()]


def is_open(publisher: MqttPublisher) -> bool:
    return publisher._session is not None and publisher._session.is_open()


def test_client_ids_are_valid_for_every_broker() -> None:
    """A client id has 23 letters and digits, one for each installation and prefix."""
    ids = {client_id_of(name, prefix) for name in ("a", "b") for prefix in ("iotsupport", "hö/me")}

    assert 4 == len(ids)
    assert {(23, True, True)} == {(len(one), one.isalnum(), one.isascii()) for one in ids}


def test_both_notice_each_other_and_stay_connected(
    pair: tuple[MqttPublisher, MqttPublisher],
    seconds: ManualClock,
    broker: Mosquitto,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each reports one error, which ends some time after the other has gone."""
    one, other = pair
    wait_until(lambda: codes(one) == [RelayProblemCode.PREFIX_SHARED], "the first reports the second")
    seconds.now += 6
    codes(one)
    wait_until(lambda: codes(other) == [RelayProblemCode.PREFIX_SHARED], "the second is answered")
    seconds.now += 31
    assert [[RelayProblemCode.PREFIX_SHARED]] * 2 == [codes(publisher) for publisher in pair]
    assert [TAKEN] == list(one.publish([change(1)])) == list(other.publish([change(2)]))
    assert "already connected" not in broker.log()
    lines = [
        record for record in caplog.records if "another installation uses this prefix" in record.getMessage()
    ]
    assert [logging.ERROR] * 2 == [line.levelno for line in lines]
    assert "IOTCONFIG_MQTT_PREFIX" in lines[0].getMessage()

    other.disconnect()
    # Its answer comes behind the last marker of the other.
    assert [TAKEN] == list(one.publish([change(3)]))
    seconds.now += 31
    one.tend()
    seconds.now += 91

    assert [] == codes(one)
    assert "no other installation" in caplog.records[-1].getMessage()


def test_an_installation_does_not_report_itself(broker: Mosquitto) -> None:
    """A successor has the same client id; no marker stays behind."""
    for _ in range(2):
        with publisher_on(broker.url, client_id=ONE, shows_itself=True) as publisher:
            publisher.connect()
            assert [] == codes(publisher)
    with Listener(broker.port, f"iotsupport{MARKER}") as late, publisher_on(broker.url) as end:
        end.connect()
        assert [] == late.received()


@pytest.mark.parametrize(
    "payload",
    ["", "x", "[]", "{}", '{"client_id": 1}', '{"client_id": "\\u001b[31m"}', '"' + "x" * 9999 + '"'],
)
def test_invalid_markers_are_ignored(broker: Mosquitto, payload: str) -> None:
    """Every client with access to the topic can write to it."""
    with publisher_on(broker.url, client_id=ONE, shows_itself=True) as publisher:
        publisher.connect()
        publisher.tend()
        publish.single(
            f"iotsupport{MARKER}",
            payload,
            1,
            port=broker.port,
            hostname="127.0.0.1",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        assert [TAKEN] == list(publisher.publish([change(1)]))

        assert [] == codes(publisher)


def test_a_copy_of_the_database_is_noticed_by_its_marker(broker: Mosquitto, seconds: ManualClock) -> None:
    """Mosquitto 2.0.11 ends the older session without a reason; a broken connection alone does not mean a copy."""
    with (
        publisher_on(broker.url, client_id=ONE, shows_itself=True, clock=seconds) as original,
        publisher_on(broker.url, client_id=ONE, shows_itself=True, clock=seconds) as copy,
    ):
        found = []
        original.connect()
        original.tend()
        for _ in range(2):
            for publisher, thrown_out in ((copy, original), (original, copy)):
                publisher.connect()
                publisher.tend()
                wait_until(lambda: not is_open(thrown_out), "its session ends")  # noqa: B023 - called at once
                thrown_out.lost()
                found.append(codes(publisher))
        assert [[], [], [], [RelayProblemCode.PREFIX_SHARED]] == found
        assert "copy of this database" in original.problems()[0].message
        broker.kill()
        seconds.now += 91
        assert [] == list(original.problems())


def test_a_restart_of_the_broker_is_not_a_copy(broker: Mosquitto) -> None:
    """The marker that is found after each restart is this relay's own."""
    with publisher_on(broker.url, client_id=ONE, shows_itself=True) as publisher:
        for _ in range(3):
            publisher.connect()
            publisher.tend()
            assert [] == codes(publisher)
            broker.kill()
            wait_until(lambda: not is_open(publisher), "its session ends")
            broker.start()
            publisher.lost()


@pytest.mark.parametrize("takeovers", [1, 2])
def test_one_takeover_is_a_failover_and_two_are_a_copy(seconds: ManualClock, takeovers: int) -> None:
    """The broker reports a takeover in the reason of its DISCONNECT."""
    neighbours = Neighbours(ONE, "iotsupport", seconds)
    for _ in range(takeovers):
        neighbours.taken_over()

    assert (takeovers == 2) == (neighbours.problem() is not None)


def test_a_broker_that_refuses_the_marker_topic_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One info line says so, even if the broker closes the connection; changes are published as before."""
    caplog.set_level(logging.INFO)
    broker = Mosquitto(tmp_path, denying(tmp_path, f"iotsupport{MARKER}"))
    try:
        with publisher_on(broker.url, client_id=ONE, shows_itself=True) as publisher:

            def is_published() -> bool:
                # If the broker disconnects, the relay connects again.
                with suppress(BrokerUnavailable):
                    publisher.connect()
                    publisher.tend()
                return [TAKEN] == list(publisher.publish([change(1)]))

            wait_until(is_published, "the change is published")
            publisher.disconnect()
            assert is_published()
    finally:
        broker.stop()
    lines = [record for record in caplog.records if MARKER in record.getMessage()]
    assert [logging.INFO] == [line.levelno for line in lines]


def test_a_broker_that_never_answers_about_the_marker_topic_is_used() -> None:
    """It counts as unavailable, but only for a limited time."""
    with (
        ThreadPoolExecutor(1) as threads,
        scripted_broker() as broker,
        publisher_on(
            f"mqtt://127.0.0.1:{broker.port}", client_id=ONE, shows_itself=True, timeout=1
        ) as publisher,
    ):
        for is_shown in (True, True, False):
            connecting = threads.submit(publisher.connect)
            broker.accept()
            connecting.result(20)
            with pytest.raises(BrokerUnavailable) if is_shown else nullcontext():
                publisher.tend()
            publisher.disconnect()
