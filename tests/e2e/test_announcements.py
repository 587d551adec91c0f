"""`iotconfig serve` with a broker: the messages that devices receive after changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from iotconfig._version import __version__
from tests.support.api import created, expect_problem
from tests.support.command_line import CommandLine
from tests.support.http import Client
from tests.support.listener import Listener, ReceivedMessage
from tests.support.mosquitto import Mosquitto
from tests.support.relay_process import relay_process
from tests.support.serving import Serve, environment
from tests.support.waiting import wait_until

FLEET = "iotsupport/updates/configs"


@pytest.fixture
def announcing(
    start_serve: Callable[..., Serve], database_url: str, broker: Mosquitto, listener: Listener
) -> Serve:
    """A service on each kind of database, and a subscriber."""
    return start_serve(database_url, workers=1, MQTT_URL=broker.url)


def retained_topic(config: Any) -> str:
    return f"iotsupport/devices/{config['mac_address']}/config"


def restart_hint(config: Any) -> ReceivedMessage:
    return ReceivedMessage(FLEET, f'{{"filename": "{config["mac_address"]}.json"}}'.encode(), retained=False)


def state(config: Any) -> dict[str, Any]:
    return {name: config[name] for name in ("mac_address", "revision", "etag", "updated_at")}


def expect_both(listener: Listener, config: Any) -> None:
    """Check that exactly this config's two messages arrived, and remove them."""
    first, second = listener.wait_for(2)
    listener.forget()
    assert (retained_topic(config), state(config)) == (first.topic, first.json())
    assert restart_hint(config) == second


def nothing_pending(client: Client) -> bool:
    found: int = client.get("/api/health").json()["notifications"]["pending"]
    return found == 0


def test_each_change_of_a_config_is_published(
    announcing: Serve, database_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """Create, update, save without a change, change from a shell, announce: both topics. Delete: one."""
    client = announcing.client
    config = created(client, {"a": 1})
    path = f"/api/configs/{config['id']}"
    expect_both(listener, config)

    for content in ({"a": 2}, {"a": 2}):
        config = client.send_json("PUT", path, {"content": content}).json()
        expect_both(listener, config)
    assert 2 == config["revision"]

    shell = CommandLine(environment(database_url))
    shell.ok("config", "set", config["mac_address"], '{"a": 3}')
    config = client.get(path).json()
    assert 3 == config["revision"]
    expect_both(listener, config)

    answer = client.request("POST", f"{path}/announce")
    assert (202, '"3"') == (answer.status, answer.headers["etag"])
    assert {name: value for name, value in config.items() if name != "content"} == answer.json()
    expect_both(listener, config)

    with Listener(broker.port) as late:
        (kept,) = late.wait_for(1)
    assert (retained_topic(config), True, state(config)) == (kept.topic, kept.retained, kept.json())

    assert 204 == client.request("DELETE", path).status
    assert [ReceivedMessage(retained_topic(config), b"", retained=False)] == listener.wait_for(1)

    other = created(client, {})
    listener.wait_for(3)
    assert [restart_hint(other)] == listener.received(FLEET)
    with Listener(broker.port) as late:
        assert [retained_topic(other)] == [message.topic for message in late.wait_for(1)]
    wait_until(lambda: nothing_pending(client), "everything is published")
    health = client.get("/api/health").json()
    # Only SQLite has a log whose size is reported.
    health.pop("log", None)
    connected = health.pop("subscriber")
    assert {
        "status": "healthy",
        "database": "connected",
        "version": __version__,
        "notifications": {"state": "ok", "pending": 0, "oldest_seconds": 0, "parked": 0},
    } == health
    assert ("connected", None) == (connected["state"], connected["problem"])
    assert f"Changes are announced to {broker.url}" in announcing.output()


def test_only_known_configs_are_announced(
    start_serve: Callable[..., Serve], sqlite_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """Each refusal has the documented structure, and no message is sent."""
    client = start_serve(sqlite_url, workers=1, MQTT_URL=broker.url).client
    config = created(client, {})
    expect_both(listener, config)

    for segment in ("99999", "0", "x", "02:ff:ff:ff:ff:ff", f"{config['mac_address']}.json"):
        answer = client.request("POST", f"/api/configs/{segment}/announce")
        expect_problem(answer, 404, "RECORD_NOT_FOUND")
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, f"/api/configs/{config['id']}/announce")
        expect_problem(answer, 405, "METHOD_NOT_ALLOWED")
        assert "POST" in answer.headers["allow"]
    answer = client.request("POST", f"/api/configs/{config['id']}/announce?restart_hint=false")
    expect_problem(answer, 400, "VALIDATION_FAILED")

    end = created(client, {})
    expect_both(listener, end)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_commands_announce_through_the_services_relay(
    announcing: Serve, database_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """Named devices get both topics; `--all` the retained ones, and with `--restart-hint` both."""
    shell = CommandLine(environment(database_url))
    first, second = (created(announcing.client, {}) for _ in range(2))
    listener.wait_for(4)
    listener.forget()

    shell.ok("announce", first["mac_address"].replace(":", "-").upper())
    expect_both(listener, first)

    shell.ok("announce", "--all")
    received = listener.wait_for(2)
    assert {retained_topic(first), retained_topic(second)} == {message.topic for message in received}
    listener.forget()

    shell.ok("announce", "--all", "--restart-hint", "--rate", "1000")
    listener.wait_for(4)
    assert sorted([restart_hint(first).payload, restart_hint(second).payload]) == sorted(
        message.payload for message in listener.received(FLEET)
    )
    assert 4 == len(listener.received())


@pytest.mark.parametrize(
    "arguments", [pytest.param((), id="unset"), pytest.param(("--no-relay",), id="no-relay")]
)
def test_without_a_relay_changes_stay_pending(
    start_serve: Callable[..., Serve],
    sqlite_url: str,
    broker: Mosquitto,
    listener: Listener,
    tmp_path: Path,
    arguments: tuple[str, ...],
) -> None:
    """When a relay starts, all messages are sent. What it sent is evidence of that, at its end at the latest."""
    env = {"MQTT_URL": broker.url} if arguments else {}
    serve = start_serve(sqlite_url, workers=1, arguments=arguments, **env)
    began = monotonic()
    config = created(serve.client, {})

    health = serve.client.get("/api/health").json()
    assert ["status", "database", "version", "notifications", "subscriber", "log"] == list(health)
    assert ["state", "pending", "oldest_seconds", "parked"] == list(health["notifications"])
    assert ("ok" if arguments else "disabled", 1) == (
        health["notifications"]["state"],
        health["notifications"]["pending"],
    )
    assert ("missing" if arguments else "disabled") == health["subscriber"]["state"]
    assert 0 <= health["notifications"]["oldest_seconds"] <= monotonic() - began + 1
    assert "announced to" not in serve.output()
    assert [] == listener.received()

    with relay_process(tmp_path / "relay.log", sqlite_url, MQTT_URL=broker.url) as relay:
        expect_both(listener, config)
        relay.terminate()
        relay.wait()
    shown = serve.client.get(f"/api/devices/{config['mac_address']}").json()
    assert ["never", ["offered"]] == [shown["state"], [each["kind"] for each in shown["evidence"]]]
