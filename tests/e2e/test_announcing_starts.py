"""The start of announcing, and its errors: `serve` with an unusable broker, and `iotconfig relay`."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.api import created
from tests.support.broker_files import password_file
from tests.support.command_line import CommandLine
from tests.support.ending import wait_ended
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.relay_process import relay_process
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

SECRET = "hunter2"
SERVE = ["serve", "--port", "0"]
RELAY = ["relay"]


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [
        pytest.param(SERVE, "MQTT_URL", f"https://u:{SECRET}@broker", id="serve-url"),
        pytest.param(SERVE, "IOTCONFIG_MQTT_CA_FILE", "no/such/ca.pem", id="serve-ca-file"),
        pytest.param(RELAY, "MQTT_URL", f"mqtt:/{SECRET}", id="relay-url"),
        pytest.param(RELAY, "IOTCONFIG_MQTT_PREFIX", "a/#", id="relay-prefix"),
    ],
)
def test_a_bad_setting_stops_the_start(
    sqlite_url: str, command: list[str], variable: str, value: str
) -> None:
    """One line names the variable and shows no secret."""
    env = environment(sqlite_url, **{"MQTT_URL": "mqtts://127.0.0.1:1", variable: value})

    done = run_command(*command, env=env)

    lines = done.stderr.decode().splitlines()
    assert 1 == done.returncode
    assert 1 == len(lines), done.stderr.decode()
    assert f"{variable}: " in lines[0]
    assert SECRET not in lines[0]
    assert b"" == done.stdout


def test_a_relay_without_a_broker_is_refused(sqlite_url: str) -> None:
    """One line has the missing setting."""
    done = run_command("relay", env=environment(sqlite_url))

    assert (1, b"") == (done.returncode, done.stdout)
    assert ["Error: MQTT_URL is not set: there is no broker to announce to."] == (
        done.stderr.decode().splitlines()
    )


def test_a_relay_without_a_schema_is_refused(empty_url: str) -> None:
    """The error has the command to run, and nothing is created."""
    done = run_command("relay", env=environment(empty_url, MQTT_URL="mqtt://127.0.0.1:1"))

    lines = done.stderr.decode().splitlines()
    assert (1, 1) == (done.returncode, len(lines))
    assert "upgrade-db" in lines[0]
    assert not Path(empty_url.removeprefix("sqlite:///")).exists()


def test_a_separate_relay(database_url: str, broker: Mosquitto, listener: Listener, tmp_path: Path) -> None:
    """It logs its work, announces changes from a shell, and ends in order after SIGTERM."""
    log = tmp_path / "relay.log"
    shell = CommandLine(environment(database_url))
    with relay_process(log, database_url, MQTT_URL=broker.url) as process:
        shell.ok("config", "create", "02:00:00:00:00:01", "{}")
        listener.wait_for(2)

        process.terminate()

        assert 0 == wait_ended(process, log)
    assert re.search(rf"Relaying from \S+ to {broker.url}\b", log.read_text())
    assert "Traceback" not in log.read_text()
    assert "0 pending" in shell.ok("notifications").text


def test_a_relay_in_a_terminal_with_a_prefix(sqlite_url: str, broker: Mosquitto, tmp_path: Path) -> None:
    """Ctrl-C ends it in order; its topics begin with the configured prefix."""
    log = tmp_path / "relay.log"
    env = {"MQTT_URL": broker.url, "IOTCONFIG_MQTT_PREFIX": "home/iot"}
    with Listener(broker.port, "#") as listener, relay_process(log, sqlite_url, **env) as process:
        CommandLine(environment(sqlite_url)).ok("config", "create", "02:00:00:00:00:01", "{}")
        received = listener.wait_for(2)

        process.send_signal(signal.SIGINT)

        assert 0 == wait_ended(process, log)
    assert ["home/iot/devices/02:00:00:00:00:01/config", "home/iot/updates/configs"] == [
        message.topic for message in received
    ]
    assert "Traceback" not in log.read_text()


def test_a_second_relay_stands_by_and_follows(
    database_url: str, broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    """One is active; after its end the other continues, and each message is sent once."""
    shell = CommandLine(environment(database_url))
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    with relay_process(logs[0], database_url, MQTT_URL=broker.url) as first:
        wait_until(lambda: "relay: active" in logs[0].read_text(), "the first is active")
        with relay_process(logs[1], database_url, MQTT_URL=broker.url):
            shell.ok("config", "create", "02:00:00:00:00:01", "{}")
            listener.wait_for(2)
            assert "relay: active" not in logs[1].read_text()
            first.terminate()
            assert 0 == wait_ended(first, logs[0])
            wait_until(lambda: "relay: active" in logs[1].read_text(), "the second is active")
            shell.ok("config", "create", "02:00:00:00:00:02", "{}")
            received = listener.wait_for(4)
    assert 4 == len(received)
    assert "Traceback" not in logs[0].read_text() + logs[1].read_text()


def test_the_web_process_works_without_a_broker(
    start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path
) -> None:
    """The log has one clear line without a secret; configs are written and fetched."""
    broker = Mosquitto(tmp_path, password_file(tmp_path, relay="right"), anonymous=False)
    url = f"mqtt://127.0.0.1:{broker.port}"
    try:
        serve = start_serve(sqlite_url, MQTT_URL=url.replace("//", f"//relay:{SECRET}@"))
        config = created(serve.client, {"a": 1})
        wait_until(lambda: "trying again" in serve.output(), "the log says that the broker is away")
        document = serve.client.get(f"/api/configs/{config['mac_address']}.json")
        health = serve.client.get("/api/health")
        assert 0 == serve.stop()
    finally:
        broker.kill()

    (line,) = (line for line in serve.output().splitlines() if "trying again" in line and "relay: " in line)
    assert url in line
    assert "not authorized" in line.lower()
    assert SECRET not in serve.output()
    assert "Traceback" not in serve.output()
    assert (200, b'{"a": 1}') == (document.status, document.body)
    assert (200, "healthy") == (health.status, health.json()["status"])
    assert 1 == health.json()["notifications"]["pending"]
