"""The relay of `iotconfig serve`: restarted, ended with the supervisor, and no risk for the web process."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.http import Client
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer, create_database
from tests.support.processes import command_of, descendants, is_alive, terminate_beside_main
from tests.support.relaying import (
    FLEET,
    STATE,
    barrier,
    config_service,
    cut_sessions,
    document_numbers,
    mac,
    newest_announced,
    put,
    relay_starter,
    retained,
    wait_drained,
)
from tests.support.scraping import metrics_address
from tests.support.serving import Serve
from tests.support.waiting import wait_until

StartServe = Callable[..., Serve]


def _relay_pid(serve: Serve) -> int | None:
    return next((p for p in descendants(serve.process.pid) if "entrypoints.leader" in command_of(p)), None)


def _put(client: Client, number: int, value: int) -> int:
    path = f"/api/configs/by-mac/{mac(number)}"
    return client.send_json("PUT", path, {"content": {"value": value}}).status


def test_a_killed_relay_is_started_again(
    sqlite_url: str, broker: Mosquitto, listener: Listener, start_serve: StartServe
) -> None:
    """The supervisor restarts it, and changes from the meantime are published; the workers stay."""
    serve = start_serve(sqlite_url, MQTT_URL=broker.url)
    assert 201 == _put(serve.client, 1, 1)
    listener.wait_for(1, FLEET)
    first, workers = _relay_pid(serve), serve.worker_pids()
    assert first is not None

    os.kill(first, signal.SIGKILL)
    assert 200 == _put(serve.client, 1, 2)
    listener.wait_for(2, FLEET)
    wait_drained(sqlite_url)

    assert first != _relay_pid(serve)
    assert workers == serve.worker_pids()
    assert {str(mac(1)): 2} == retained(broker.port, 1).revisions


@pytest.mark.parametrize("broker_state", ["there", "silent"])
def test_a_killed_supervisor_leaves_no_relay(
    sqlite_url: str, broker: Mosquitto, tmp_path: Path, broker_state: str
) -> None:
    """After SIGKILL of serve no process stays, not even a relay that waits for the broker."""
    serve = Serve(
        sqlite_url, tmp_path / "serve.log", workers=1, MQTT_URL=broker.url, IOTCONFIG_MQTT_TIMEOUT="1"
    )
    try:
        serve.wait_ready()
        wait_until(lambda: "relay: connected" in serve.output(), "the relay is connected")
        if broker_state == "silent":
            broker.pause()
            assert 201 == _put(serve.client, 1, 1)
        pids = serve.pids()
        assert _relay_pid(serve) in pids
    finally:
        serve.process.kill()
        serve.process.wait(timeout=60)
    wait_until(lambda: not any(map(is_alive, pids)), "all processes of serve are gone")


def test_a_relay_survives_a_crash_of_postgresql(
    own_postgres: PostgresServer, broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    """The same process publishes the changes after the recovery."""
    url = create_database(own_postgres.base_url, "iotconfig")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    with relay_starter(url, broker.url, tmp_path) as start:
        relay = start()
        with config_service(url) as service:
            put(service, 1, 1)
        listener.wait_for(1, FLEET)
        wait_drained(url)

        own_postgres.stop("immediate")
        own_postgres.start()
        with config_service(url) as service:
            put(service, 1, 2)
        listener.wait_for(2, FLEET)
        wait_drained(url)
        barrier(broker.port, listener)

        assert {str(mac(1)): 2} == newest_announced(listener)
        assert 0 == relay.stop()
        assert "Traceback" not in relay.output()


def test_a_relay_recovers_from_ended_sessions(
    postgres_url: str, broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    """An administrator ends its sessions, the one of the lease included: no change is lost."""
    with relay_starter(postgres_url, broker.url, tmp_path) as start:
        relay = start()
        relay.wait_for("relay: connected")
        cut_sessions(postgres_url)
        with config_service(postgres_url) as service:
            put(service, 1, 1)
        wait_drained(postgres_url)
        barrier(broker.port, listener)

        assert document_numbers(postgres_url) == newest_announced(listener)
        assert 0 == relay.stop()
        assert "Traceback" not in relay.output()


def test_a_stop_that_a_thread_of_the_relay_receives(
    sqlite_url: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """The relay ends: the kernel gives a signal to any thread, and the main one may not be ready for it."""
    with relay_starter(sqlite_url, broker.url, tmp_path) as start:
        relay = start()
        relay.wait_for("relay: connected")
        terminate_beside_main(relay.process.pid)
        assert 0 == relay.wait_ended()


@pytest.mark.parametrize("process", ["leader", "metrics"])
def test_a_stop_that_a_thread_of_a_process_receives(
    sqlite_url: str, broker: Mosquitto, start_serve: StartServe, process: str
) -> None:
    """So does each process of `serve` that has threads."""
    serve = start_serve(sqlite_url, MQTT_URL=broker.url, **metrics_address())
    wait_until(lambda: "relay: connected" in serve.output(), "the relay is connected")
    pid = next(each for each in serve.pids() if f"entrypoints.{process} " in command_of(each))

    terminate_beside_main(pid)

    wait_until(lambda: not is_alive(pid), f"the {process} process ended")


def _certificate(directory: Path) -> list[str]:
    """A self-signed certificate for 127.0.0.1, as lines of mosquitto.conf."""
    certificate, key = directory / "broker.crt", directory / "broker.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        capture_output=True,
        check=True,
    )  # fmt: skip
    return [f"certfile {certificate}", f"keyfile {key}"]


@pytest.fixture
def closed_port() -> dict[str, str]:
    return {"MQTT_URL": f"mqtt://127.0.0.1:{free_port()}"}


@pytest.fixture
def no_certificate(tmp_path: Path) -> dict[str, str]:
    authorities = tmp_path / "ca.pem"
    authorities.write_text("no certificate\n")
    return {"MQTT_URL": f"mqtts://127.0.0.1:{free_port()}", "IOTCONFIG_MQTT_CA_FILE": str(authorities)}


@pytest.fixture
def wrong_password(tmp_path: Path) -> Iterator[dict[str, str]]:
    passwords = tmp_path / "passwords"
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", passwords, "iot", "right"], check=True, capture_output=True
    )
    broker = Mosquitto(tmp_path, f"password_file {passwords}", anonymous=False)
    yield {"MQTT_URL": broker.url, "MQTT_USERNAME": "iot", "MQTT_PASSWORD": "wr0ng-secret"}
    broker.kill()


@pytest.fixture
def unknown_ca(tmp_path: Path) -> Iterator[dict[str, str]]:
    # The check that it listens opens a connection without TLS, which works as well.
    broker = Mosquitto(tmp_path, *_certificate(tmp_path))
    yield {"MQTT_URL": broker.url.replace("mqtt://", "mqtts://")}
    broker.kill()


def _expect_one_line(log: str, broker_url: str, reason: str) -> None:
    """Check that one line of each job has the broker and the reason, and no line the password."""
    said = [line for line in log.splitlines() if "trying again" in line]
    assert 1 == sum("relay: " in line for line in said)
    assert all("relay: " in line or "subscriber: " in line for line in said)
    assert len(said) <= 2
    assert broker_url in said[0]
    assert reason.lower() in said[0].lower()
    assert [] == [line for line in log.splitlines() if "Traceback" in line or "wr0ng" in line]


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        pytest.param("closed_port", "refused", id="closed-port"),
        pytest.param("no_certificate", "certificate", id="no-certificate-in-the-file"),
        pytest.param("wrong_password", "Not authorized", id="wrong-password"),
        pytest.param("unknown_ca", "certificate", id="unknown-ca"),
    ],
)
def test_an_unusable_broker_is_logged_in_one_line(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path, mistake: str, reason: str
) -> None:
    """The relay continues, and ends in order at a stop."""
    environment: dict[str, str] = request.getfixturevalue(mistake)
    url = environment.pop("MQTT_URL")
    with relay_starter(sqlite_url, url, tmp_path) as start:
        relay = start(**environment)
        relay.wait_for("trying again")
        assert 0 == relay.stop()

    _expect_one_line(relay.output(), url, reason)


def test_a_corrected_broker_is_used_without_a_restart(sqlite_url: str, tmp_path: Path) -> None:
    """After the password is corrected at the broker, the waiting relay connects."""
    passwords = tmp_path / "passwords"
    create = ["mosquitto_passwd", "-b", "-c", str(passwords), "iot"]
    subprocess.run([*create, "another"], check=True, capture_output=True)
    broker = Mosquitto(tmp_path, f"password_file {passwords}", anonymous=False)
    account = {"MQTT_USERNAME": "iot", "MQTT_PASSWORD": "agreed"}
    try:
        with relay_starter(sqlite_url, broker.url, tmp_path) as start, config_service(sqlite_url) as service:
            relay = start(**account)
            put(service, 1, 1)
            relay.wait_for("trying again")
            subprocess.run([*create, "agreed"], check=True, capture_output=True)
            assert broker.process is not None
            broker.process.send_signal(signal.SIGHUP)

            wait_drained(sqlite_url)
            with Listener(broker.port, username="iot", password="agreed") as listener:
                listener.wait_for(1, STATE)
                assert {str(mac(1)): 1} == newest_announced(listener)
            assert 0 == relay.stop()
        assert "relay: the broker is back" in relay.output()
    finally:
        broker.kill()
