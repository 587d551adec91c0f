"""Brokers that are down, silent or without state: writes succeed, and every device gets its newest revision."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from iotconfig.domain.configs.service import ConfigService
from tests.support.command_line import CommandLine
from tests.support.http import Client
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.proxy import Link
from tests.support.relaying import (
    FLEET,
    STATE,
    RelayProcess,
    barrier,
    config_service,
    document_numbers,
    expect_none_older_after_newer,
    hinted,
    mac,
    newest_announced,
    pending,
    put,
    relay_starter,
    retained,
    wait_drained,
)
from tests.support.serving import Serve, environment
from tests.support.waiting import wait_until

TIMEOUT = 1.0
"""IOTCONFIG_MQTT_TIMEOUT, in seconds."""

Start = Callable[..., RelayProcess]
Silence = Callable[[Mosquitto, Link], AbstractContextManager[None]]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite, because broker faults do not depend on the database; `broker-down` of the endurance suite uses PostgreSQL."""
    return sqlite_url


def _write(client: Client, count: int) -> list[int]:
    """Make `count` changes to 50 devices, four at a time; returns the statuses."""

    def change(number: int) -> int:
        body = {"content": {"change": number}}
        return client.send_json("PUT", f"/api/configs/by-mac/{mac(number % 50)}", body).status

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(change, range(count)))


def test_changes_while_the_broker_is_down_are_published_afterwards(
    database_url: str, broker: Mosquitto, listener: Listener, start_serve: Callable[..., Serve]
) -> None:
    """300 changes to 50 devices succeed, leave one row for each device, and are published in order."""
    serve = start_serve(database_url, MQTT_URL=broker.url)
    assert {201} == set(_write(serve.client, 50))
    listener.wait_for(50, STATE)
    wait_drained(database_url)
    broker.kill()

    most, finished = 0, Event()

    def sample() -> None:
        nonlocal most
        while not finished.wait(0.02):
            most = max(most, pending(database_url))

    sampler = Thread(target=sample)
    sampler.start()
    try:
        statuses = _write(serve.client, 300)
    finally:
        finished.set()
        sampler.join()
    assert {200} == set(statuses)
    assert most <= 50
    assert 50 == pending(database_url)
    health = serve.client.get("/api/health")
    assert (200, 50) == (health.status, health.json()["notifications"]["pending"])

    broker.start()
    wait_drained(database_url)
    expect_none_older_after_newer(listener)
    assert document_numbers(database_url) == retained(broker.port, 50).revisions


@contextmanager
def _swallowing(_broker: Mosquitto, link: Link) -> Iterator[None]:
    link.swallow()
    try:
        yield
    finally:
        link.flow()


@contextmanager
def _stopped(broker: Mosquitto, _link: Link) -> Iterator[None]:
    broker.pause()
    try:
        yield
    finally:
        broker.resume()


@pytest.mark.parametrize(
    "silence", [pytest.param(_swallowing, id="link-swallows"), pytest.param(_stopped, id="broker-stopped")]
)
def test_a_broker_that_falls_silent_is_noticed_and_nothing_is_lost(
    database_url: str,
    broker: Mosquitto,
    listener: Listener,
    service: ConfigService,
    start_relay: Start,
    silence: Silence,
) -> None:
    """A dead connection is closed in time; afterwards the newest revisions are published."""
    with Link(broker.port) as link:
        url = f"mqtt://127.0.0.1:{link.port}"
        relay = start_relay(broker_url=url, IOTCONFIG_MQTT_TIMEOUT=str(TIMEOUT))
        put(service, 1, 1)
        # After its first messages a relay publishes its marker. It publishes the next message when that is answered.
        wait_until(lambda: "/installation'" in broker.log(), "the relay publishes its marker")
        put(service, 2, 1)
        listener.wait_for(2, FLEET)
        wait_drained(database_url)

        with silence(broker, link):
            put(service, 1, 2)
            relay.wait_for(f"did not answer messages for {TIMEOUT:g} s")
            put(service, 1, 3)
            put(service, 2, 2)
            assert 2 == pending(database_url)
        wait_drained(database_url)
        relay.wait_for("relay: the broker is back")
        barrier(broker.port, listener)
        assert 0 == relay.stop()

    expect_none_older_after_newer(listener)
    assert document_numbers(database_url) == newest_announced(listener)
    assert document_numbers(database_url) == retained(broker.port, 2).revisions


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_a_broker_that_never_answers_is_noticed_at_the_start(
    sqlite_url: str, broker: Mosquitto, listener: Listener, tmp_path: Path, scheme: str
) -> None:
    """A broker that accepts the connection and sends nothing delays the relay for the time-out only."""
    with (
        Link(broker.port) as link,
        relay_starter(sqlite_url, f"{scheme}://127.0.0.1:{link.port}", tmp_path) as start,
        config_service(sqlite_url) as service,
    ):
        link.swallow()
        put(service, 1, 1)
        relay = start(IOTCONFIG_MQTT_TIMEOUT=str(TIMEOUT))
        relay.wait_for("Relaying from")
        relay.wait_for("trying again")
        assert 1 == pending(sqlite_url)
        if scheme == "mqtt":
            link.flow()
            wait_drained(sqlite_url)
            assert [f"{mac(1)}.json"] == [
                message.json()["filename"] for message in listener.wait_for(1, FLEET)
            ]
        assert 0 == relay.stop()


def test_announce_all_restores_what_a_broker_lost(
    database_url: str, broker: Mosquitto, service: ConfigService, start_relay: Start
) -> None:
    """A broker that lost its retained messages gets each config's again, and no device gets a hint."""
    for number in range(60):
        put(service, number, "new")
    relay = start_relay()
    wait_drained(database_url)
    broker.kill()
    broker.start()

    with Listener(broker.port) as listener:
        barrier(broker.port, listener)
        assert [] == listener.received(STATE)
        command_line = CommandLine(environment(database_url, MQTT_URL=broker.url))
        announced = command_line.ok("announce", "--all")
        assert announced.text.startswith("60 configs")
        wait_drained(database_url)
        barrier(broker.port, listener)

        assert document_numbers(database_url) == newest_announced(listener)
        assert 60 == len(listener.received(STATE))
        assert [] == hinted(listener)
    assert document_numbers(database_url) == retained(broker.port, 60).revisions
    assert "Traceback" not in relay.output()


def test_a_deletion_clears_the_retained_topic_without_a_hint(
    database_url: str, broker: Mosquitto, listener: Listener, service: ConfigService, start_relay: Start
) -> None:
    """The device's topic gets an empty message, and the fleet's topic none."""
    put(service, 1, "kept")
    deleted = put(service, 2, "deleted")
    start_relay()
    wait_drained(database_url)
    barrier(broker.port, listener)
    listener.forget()

    service.delete(deleted.id)
    wait_drained(database_url)
    barrier(broker.port, listener)

    assert [] == hinted(listener)
    assert [(f"iotsupport/devices/{mac(2)}/config", b"")] == [
        (message.topic, message.payload) for message in listener.received(STATE)
    ]
    assert {str(mac(1)): 1} == retained(broker.port, 1).revisions


def test_a_deletion_while_the_broker_is_away_withdraws_what_was_pending(
    database_url: str, broker: Mosquitto, service: ConfigService, start_relay: Start
) -> None:
    """A deletion after an unpublished change leaves one message, which clears the topic."""
    config = put(service, 1, "published")
    relay = start_relay()
    wait_drained(database_url)
    broker.kill()
    put(service, 1, "never published")
    relay.wait_for("trying again")
    service.delete(config.id)
    relay.process.send_signal(signal.SIGSTOP)
    broker.start()

    with Listener(broker.port) as listener:
        relay.resume()
        wait_drained(database_url)
        barrier(broker.port, listener)
        assert [] == hinted(listener)
        assert [b""] == [message.payload for message in listener.received(STATE)]
    assert [] == retained(broker.port, 0).topics


def test_a_broker_that_is_killed_again_and_again_loses_no_change(
    database_url: str, broker: Mosquitto, service: ConfigService, start_relay: Start
) -> None:
    """A broker that crashes repeatedly during changes receives each device's newest revision."""
    relay = start_relay(IOTCONFIG_MQTT_TIMEOUT=str(TIMEOUT))
    relay.wait_for("relay: active")
    for value in range(3):
        for number in range(50):
            put(service, number, value)
        broker.kill()
        for number in range(50):
            put(service, number, f"{value} again")
        broker.start()
    wait_drained(database_url)
    service.announce_all()
    wait_drained(database_url)

    assert document_numbers(database_url) == retained(broker.port, 50).revisions
    assert "Traceback" not in relay.output()
