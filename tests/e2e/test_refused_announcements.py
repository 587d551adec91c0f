"""A broker whose access list refuses one device's topic: only that device's notification is parked."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.support.command_line import CommandLine
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.relaying import (
    barrier,
    config_service,
    hinted,
    mac,
    newest_announced,
    put,
    relay_starter,
    retained,
    wait_drained,
)
from tests.support.serving import environment
from tests.support.waiting import wait_until

REFUSED, CHANGED, OTHERS = 7, 8, range(1, 6)
_ALL = "topic readwrite iotsupport/#\n"


@frozen
class BrokerWithRules:
    """A broker with an access list that can be changed while it runs."""

    broker: Mosquitto
    acl: Path

    def allow(self, rules: str) -> None:
        self.acl.write_text(rules)
        assert self.broker.process is not None
        self.broker.process.send_signal(signal.SIGHUP)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[BrokerWithRules]:
    acl = tmp_path / "acl"
    denied = [f"topic deny iotsupport/devices/{mac(number)}/config\n" for number in (REFUSED, CHANGED)]
    acl.write_text("".join(denied) + _ALL)
    broker = Mosquitto(tmp_path, f"acl_file {acl}")
    yield BrokerWithRules(broker, acl)
    broker.kill()


def test_refused_devices_are_parked_and_others_are_announced(
    postgres_url: str, guarded: BrokerWithRules, tmp_path: Path
) -> None:
    """After five refusals they are parked with the broker's reason.

    Once the access list is corrected, a change of one is published at once, and a retry publishes the other.
    """
    broker = guarded.broker
    command_line = CommandLine(environment(postgres_url, MQTT_URL=broker.url))
    with (
        Listener(broker.port) as listener,
        relay_starter(postgres_url, broker.url, tmp_path) as start,
        config_service(postgres_url) as service,
    ):
        relay = start()
        for number in (REFUSED, CHANGED):
            put(service, number, "refused")
        for number in OTHERS:
            put(service, number, "others")
        relay.wait_for("was parked")
        put(service, OTHERS[0], "changed")

        def health() -> dict[str, object]:
            answer: dict[str, object] = command_line.ok("notifications", "--json").json()["health"]
            return answer

        wait_until(lambda: (0, 2) == (health()["pending"], health()["parked"]), "all but two are published")
        for parked in command_line.ok("notifications", "--json").json()["notifications"]:
            assert (True, 5) == (parked["parked"], parked["refusals"])
            assert "not authorized" in parked["last_error"].lower()
        listed = command_line.ok("notifications").text
        assert str(mac(REFUSED)) in listed
        assert "Not authorized" in listed
        barrier(broker.port, listener)
        expected = {str(mac(number)): 1 for number in OTHERS} | {str(mac(OTHERS[0])): 2}
        assert expected == newest_announced(listener)

        guarded.allow(_ALL)
        put(service, CHANGED, "taken")
        expected |= {str(mac(CHANGED)): 2}
        wait_until(lambda: expected == newest_announced(listener), "the change is published")
        wait_until(lambda: (0, 1) == (health()["pending"], health()["parked"]), "the other one still waits")

        assert "1 parked notification is tried again" in command_line.ok("notifications", "--retry").text
        wait_drained(postgres_url)
        barrier(broker.port, listener)
        expected |= {str(mac(REFUSED)): 1}
        assert expected == newest_announced(listener)
        # The hint is published with the first attempt or with the last, since each one restarts the device.
        assert 1 == hinted(listener).count(f"{mac(REFUSED)}.json")
        assert "Traceback" not in relay.output()
    assert expected == retained(broker.port, 7).revisions
