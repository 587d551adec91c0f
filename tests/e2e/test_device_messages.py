"""`iotconfig serve` and relays with a broker: what devices publish, and what happens to it when a process is killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.incoming import Topic
from tests.support.api import created, new_mac
from tests.support.device_broker import DeviceBroker
from tests.support.http import Client
from tests.support.listener import Listener
from tests.support.relaying import RelayProcess, config_service, mac, put, relay_starter
from tests.support.schema import rows
from tests.support.serving import Serve
from tests.support.waiting import wait_until


def _report(etag: str, outcome: str = "applied") -> bytes:
    return json.dumps({"outcome": outcome, "etag": etag}).encode()


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceBroker]:
    """A broker that keeps everything over a restart."""
    broker = DeviceBroker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def serve(
    keeper: DeviceBroker, tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path
) -> Iterator[Serve]:
    """A service that trusts the broker's rules; each test has its own device."""
    directory = tmp_path_factory.mktemp("serve")
    url = f"sqlite:///{directory / 'configs.db'}"
    Path(url.removeprefix("sqlite:///")).write_bytes(_sqlite_template.read_bytes())
    with Serve(
        url, directory / "serve.log", MQTT_URL=keeper.url, IOTCONFIG_MQTT_RESTRICTED="on", IOTCONFIG_DEVICE_AUTH="optional"
    ) as serve:  # fmt: skip
        yield serve
        assert "Traceback" not in serve.output()


def _device(client: Client, mac_address: str) -> Any:
    return client.get(f"/api/devices/{mac_address}").json()


def _wait_for_state(client: Client, mac_address: str, state: str) -> None:
    wait_until(lambda: _device(client, mac_address)["state"] == state, f"the device is {state}")


def test_a_report_is_shown_with_its_proof(serve: Serve, keeper: DeviceBroker) -> None:
    """The start says that reports are read; the next one is read after a restart of the broker, too."""
    said = 'Reports of devices are read from the broker"'
    wait_until(lambda: said in serve.output(), "the start says so")
    client = serve.client
    config = created(client, {})
    device = config["mac_address"]
    keeper.publish(Topic.REPORT, device, _report(config["etag"], "rejected"))
    _wait_for_state(client, device, "rejected")
    (evidence,) = _device(client, device)["evidence"]
    assert ("mqtt", "broker") == (evidence["source"], evidence["proof"])

    keeper.publish(Topic.ONLINE, device.replace(":", ""), b"online", qos=0)
    wait_until(lambda: _device(client, device)["online"] is True, "the device is online")
    assert _device(client, device)["why"].endswith("; online.")

    keeper.stop()
    keeper.start()
    keeper.publish(Topic.REPORT, device, _report(config["etag"]))
    _wait_for_state(client, device, "in_sync")


def test_both_topics_of_a_board_are_cleared(serve: Serve, keeper: DeviceBroker) -> None:
    """At a deletion and at a board swap, in both spellings of the address. Nobody finds the report of a board that is gone."""
    client = serve.client
    deleted, replaced = (created(client, {"a": number}) for number in (1, 2))
    for config in (deleted, replaced):
        for device in (config["mac_address"], config["mac_address"].replace(":", "")):
            keeper.publish(Topic.REPORT, device, _report(config["etag"]))
            keeper.publish(Topic.ONLINE, device, b"online")
        _wait_for_state(client, config["mac_address"], "in_sync")
    with (
        Listener(keeper.port, "iotsupport/devices/+/report") as reports,
        Listener(keeper.port, "iotsupport/devices/+/online") as presences,
    ):
        reports.wait_for(4)
        presences.wait_for(4)
        reports.forget()
        presences.forget()
        assert 204 == client.request("DELETE", f"/api/configs/{deleted['id']}").status
        moved = {"mac_address": new_mac()}
        path = f"/api/configs/{replaced['id']}/replace-device"
        assert 200 == client.send_json("POST", path, moved).status
        for found in (reports.wait_for(4), presences.wait_for(4)):
            assert {b""} == {message.payload for message in found}
    with Listener(keeper.port, "iotsupport/devices/+/report") as late:
        keeper.publish(Topic.REPORT, moved["mac_address"], b"{}", retain=False)
        late.wait_for(1)
        gone = deleted["mac_address"], replaced["mac_address"]
        spelled = [*gone, *(device.replace(":", "") for device in gone)]
        assert not any(device in message.topic for message in late.received() for device in spelled)
    macs = ", ".join(f"'{device}'" for device in gone)
    query = f"SELECT count(*) FROM last_messages WHERE mac_address IN ({macs})"  # noqa: S608 - names of ours
    wait_until(lambda: rows(serve.database_url, query) == [(0,)], "what they said is forgotten")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_health_knows_the_subscriber_of_another_process(
    database_url: str, start_serve: Callable[..., Serve], tmp_path: Path
) -> None:
    """Its connection, its last message, why it has none, and its end. The service stays ready for devices."""
    broker = DeviceBroker(tmp_path)
    serve = start_serve(database_url, workers=1, arguments=("--no-relay",), MQTT_URL=broker.url)
    device = created(serve.client, {})["mac_address"]

    def subscriber() -> Any:
        health = serve.client.get("/api/health")
        assert (200, "healthy") == (health.status, health.json()["status"])
        assert 200 == serve.client.get("/api/health/ready").status
        return health.json()["subscriber"]

    def is_(state: str) -> bool:
        return bool(subscriber()["state"] == state)

    assert is_("missing")
    with relay_starter(database_url, broker.url, tmp_path) as start:
        relay = start()
        wait_until(lambda: is_("connected"), "the subscriber is connected")
        since = subscriber()["since"]
        broker.publish(Topic.ONLINE, device, b"online")
        wait_until(lambda: subscriber()["last_message_at"] is not None, "its message is known")
        assert (since, None) == (subscriber()["since"], subscriber()["problem"])

        broker.stop()
        wait_until(lambda: is_("disconnected"), "the broker is away")
        wait_until(lambda: "Connection refused" in str(subscriber()["problem"]), "and the reason is known")
        assert subscriber()["since"] > since
        broker.start()
        wait_until(lambda: is_("connected"), "the subscriber is connected again")
        assert 0 == relay.stop()
    assert is_("missing")
    broker.stop()


@pytest.fixture
def shell(database_url: str) -> Iterator[ConfigService]:
    """The use cases on the test's database."""
    with config_service(database_url) as service:
        yield service


@pytest.mark.parametrize(
    ("database_url", "point"),
    [("sqlite", "received"), ("sqlite", "recorded"), ("postgresql", "received")],
    indirect=["database_url"],
)
def test_a_message_outlives_a_killed_subscriber(
    database_url: str, keeper: DeviceBroker, shell: ConfigService, tmp_path: Path, point: str
) -> None:
    """Killed before the commit, and between the commit and the acknowledgement: the successor records the message."""
    config = put(shell, 1, point)
    with relay_starter(database_url, keeper.url, tmp_path) as start:
        _wait_for_session(start, database_url)
        keeper.publish(Topic.REPORT, str(mac(1)), _report(config.content.etag), retain=False)
        start("SIGKILL", point).wait_killed()
        written = "SELECT etag FROM device_evidence WHERE kind = 'applied'"
        assert int(point == "recorded") == len(rows(database_url, written))

        successor = start()
        successor.wait_for("subscriber: connected")
        wait_until(lambda: rows(database_url, written) == [(config.content.etag,)], "the report is recorded")
        assert 0 == successor.stop()
        assert "Traceback" not in successor.output()


def _wait_for_session(start: Callable[..., RelayProcess], database_url: str) -> None:
    """Let a subscriber connect once, so that the broker keeps messages for it."""
    first = start()
    first.wait_for("subscriber: connected")
    assert 0 == first.stop()
    assert [] == rows(database_url, "SELECT etag FROM device_evidence WHERE kind = 'applied'")
