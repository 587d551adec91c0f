"""A broker whose access list refuses one device's topic: that device waits for an operator, the others do not."""

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
    STATE,
    barrier,
    config_service,
    mac,
    newest_told,
    nudged,
    put,
    relay_starter,
    retained,
    wait_drained,
)
from tests.support.serving import environment
from tests.support.waiting import wait_until

REFUSED, OTHERS = 7, range(1, 6)
_ALL = "topic readwrite iotsupport/#\n"


@frozen
class Guarded:
    """A broker with an access list that can be changed while it runs."""

    broker: Mosquitto
    acl: Path

    def allow(self, rules: str) -> None:
        self.acl.write_text(rules)
        assert self.broker.process is not None
        self.broker.process.send_signal(signal.SIGHUP)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    acl = tmp_path / "acl"
    acl.write_text(f"topic deny iotsupport/devices/{mac(REFUSED)}/config\n{_ALL}")
    broker = Mosquitto(tmp_path, f"acl_file {acl}")
    yield Guarded(broker, acl)
    broker.stop()


def test_a_refused_device_is_parked_and_all_others_flow(
    database_url: str, guarded: Guarded, tmp_path: Path
) -> None:
    """Refused five times, it is parked with the broker's reason; once the access list is mended, a retry tells it."""
    broker = guarded.broker
    command_line = CommandLine(environment(database_url, MQTT_URL=broker.url))
    with (
        Listener(broker.port) as listener,
        relay_starter(database_url, broker.url, tmp_path) as start,
        config_service(database_url) as service,
    ):
        relay = start()
        put(service, REFUSED, "refused")
        for number in OTHERS:
            put(service, number, "others")
        relay.wait_for("was parked")
        put(service, OTHERS[0], "changed")

        def health() -> dict[str, object]:
            answer: dict[str, object] = command_line.ok("notifications", "--json").json()["health"]
            return answer

        wait_until(lambda: (0, 1) == (health()["pending"], health()["parked"]), "all but one are told")
        (parked,) = command_line.ok("notifications", "--json").json()["notifications"]
        assert (True, 5) == (parked["parked"], parked["refusals"])
        assert "not authorized" in parked["last_error"].lower()
        listed = command_line.ok("notifications").text
        assert str(mac(REFUSED)) in listed
        assert "Not authorized" in listed
        barrier(broker.port, listener)
        expected = {str(mac(number)): 1 for number in OTHERS} | {str(mac(OTHERS[0])): 2}
        assert expected == newest_told(listener)

        guarded.allow(_ALL)
        assert "1 parked notification is tried again" in command_line.ok("notifications", "--retry").text
        wait_drained(database_url)
        barrier(broker.port, listener)
        assert expected | {str(mac(REFUSED)): 1} == newest_told(listener)
        # Either with the first attempt or with the last: each nudge restarts the device.
        assert 1 == nudged(listener).count(f"{mac(REFUSED)}.json")
        assert "Traceback" not in relay.output()
    assert expected | {str(mac(REFUSED)): 1} == retained(broker.port, 6).revisions


def test_a_change_of_a_parked_device_is_tried_at_once(
    sqlite_url: str, guarded: Guarded, tmp_path: Path
) -> None:
    """A device that waits for an operator is told of its next change without one, if the broker takes it then."""
    broker = guarded.broker
    with (
        relay_starter(sqlite_url, broker.url, tmp_path) as start,
        config_service(sqlite_url) as service,
    ):
        put(service, REFUSED, "refused")
        start().wait_for("was parked")
        guarded.allow(_ALL)
        with Listener(broker.port) as listener:
            put(service, REFUSED, "taken")
            listener.wait_for(1, STATE)
            wait_drained(sqlite_url)
            assert {str(mac(REFUSED)): 2} == newest_told(listener)
            assert [f"{mac(REFUSED)}.json"] == nudged(listener)
