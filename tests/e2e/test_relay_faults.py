"""Relays that are killed, stopped or disconnected: no message is lost, and none is older than an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from iotconfig.domain.configs.service import ConfigService
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.relaying import (
    STATE,
    RelayProcess,
    barrier,
    config_service,
    cut_sessions,
    document_numbers,
    expect_none_older_after_newer,
    hinted,
    mac,
    newest_announced,
    pending,
    put,
    relay_starter,
    retained,
    revisions,
    wait_drained,
)

DEVICES = range(1, 4)

Start = Callable[..., RelayProcess]


@pytest.mark.parametrize(
    ("database_url", "point", "told_before"),
    [
        pytest.param("sqlite", "read", 0, id="after-reading"),
        pytest.param("sqlite", "sent", 1, id="after-publish"),
        pytest.param("sqlite", "answered", len(DEVICES), id="after-puback"),
        pytest.param("postgresql", "answered", len(DEVICES), id="after-puback-on-postgresql"),
    ],
    indirect=["database_url"],
)
def test_the_successor_publishes_what_a_killed_relay_left(
    database_url: str,
    broker: Mosquitto,
    listener: Listener,
    service: ConfigService,
    start_relay: Start,
    point: str,
    told_before: int,
) -> None:
    """SIGKILL leaves every row, and the successor publishes all of them."""
    for number in DEVICES:
        put(service, number, "new")

    start_relay("SIGKILL", point).wait_killed()
    listener.wait_for(told_before, STATE)
    barrier(broker.port, listener)
    assert told_before == len(listener.received(STATE))
    assert len(DEVICES) == pending(database_url)
    listener.forget()
    start_relay()
    wait_drained(database_url)
    barrier(broker.port, listener)

    names = [f"{mac(number)}.json" for number in DEVICES]
    assert names == sorted(hinted(listener))
    assert {str(mac(number)): [1] for number in DEVICES} == revisions(listener.received(STATE))
    assert document_numbers(database_url) == retained(broker.port, len(DEVICES)).revisions


@pytest.mark.parametrize(
    ("database_url", "point"), [("sqlite", "sent"), ("postgresql", "answered")], indirect=["database_url"]
)
def test_an_announcement_during_a_publish_is_published_once_more(
    database_url: str,
    broker: Mosquitto,
    listener: Listener,
    service: ConfigService,
    start_relay: Start,
    point: str,
) -> None:
    """It is published exactly twice."""
    config = put(service, 1, "new")
    relay = start_relay("SIGSTOP", point)
    relay.wait_stopped()

    service.announce(config.id)
    relay.resume()
    wait_drained(database_url)
    barrier(broker.port, listener)

    assert [f"{mac(1)}.json"] * 2 == hinted(listener)
    assert {str(mac(1)): [1, 1]} == revisions(listener.received(STATE))
    assert 0 == relay.stop()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_change_during_a_publish_is_published_afterwards(
    database_url: str, broker: Mosquitto, listener: Listener, service: ConfigService, start_relay: Start
) -> None:
    """An acknowledgement removes only its generation, so the newer revision stays pending."""
    put(service, 1, "new")
    relay = start_relay("SIGSTOP", "answered")
    relay.wait_stopped()

    put(service, 1, "newer")
    relay.resume()
    wait_drained(database_url)
    barrier(broker.port, listener)

    assert {str(mac(1)): [1, 2]} == revisions(listener.received(STATE))
    assert {str(mac(1)): 2} == retained(broker.port, 1).revisions


@pytest.mark.parametrize("point", ["held", "read", "sent", "answered"])
def test_a_stopped_relay_that_lost_its_lease_is_fenced(
    postgres_url: str, broker: Mosquitto, listener: Listener, tmp_path: Path, point: str
) -> None:
    """Stopped at any point, disconnected from the database, replaced and continued, it publishes nothing older."""
    with relay_starter(postgres_url, broker.url, tmp_path) as start:
        with config_service(postgres_url) as service:
            for number in DEVICES:
                put(service, number, 1)
        first = start("SIGSTOP", point)
        first.wait_stopped()
        cut_sessions(postgres_url)
        second = start()
        # An earlier session would have been ended, too.
        with config_service(postgres_url) as service:
            for value in (2, 3):
                for number in DEVICES:
                    put(service, number, value)
                wait_drained(postgres_url)

            first.resume()
            first.wait_for("relay: standing by")
            for number in DEVICES:
                put(service, number, 4)
            wait_drained(postgres_url)
        barrier(broker.port, listener)

        expect_none_older_after_newer(listener)
        assert {str(mac(number)): 4 for number in DEVICES} == newest_announced(listener)
        assert document_numbers(postgres_url) == retained(broker.port, len(DEVICES)).revisions
        assert [True, False] == [
            relay.process.poll() is None and relay.is_active() for relay in (second, first)
        ]


def test_relays_that_are_killed_in_turn_leave_no_gap(
    database_url: str, broker: Mosquitto, listener: Listener, service: ConfigService, start_relay: Start
) -> None:
    """Whenever the active relay is killed during changes, the standby continues in order."""
    finished = Event()

    def change() -> None:
        value = 0
        while not finished.wait(0.01):
            value += 1
            put(service, value % 5, value)

    put(service, 0, "first")
    relays = [start_relay()]
    relays[0].wait_for("relay: active")
    writer = Thread(target=change)
    writer.start()
    try:
        for _ in range(2):
            standby = start_relay()
            standby.wait_for("Relaying from")
            active = relays.pop()
            assert active.is_active()
            listener.wait_for(1, STATE)
            active.kill()
            barrier(broker.port, listener)
            listener.wait_for(len(listener.received(STATE)) + 1, STATE)
            relays.append(standby)
    finally:
        finished.set()
        writer.join()
    wait_drained(database_url)
    barrier(broker.port, listener)

    expect_none_older_after_newer(listener)
    assert document_numbers(database_url) == newest_announced(listener)
    assert document_numbers(database_url) == retained(broker.port, 5).revisions
    assert set(document_numbers(database_url)) == {name.removesuffix(".json") for name in hinted(listener)}
