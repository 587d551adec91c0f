"""Conflicts between services that announce: each is reported in the log, in health and in metrics."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.http import Client
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.relaying import relay_starter
from tests.support.serving import Serve
from tests.support.waiting import wait_until

TOKEN = "token-of-the-scraper"
METRICS = {"IOTCONFIG_METRICS_TOKEN": TOKEN}
SHARED = "another installation uses this prefix"
DIFFERS = "Give all services of one database the same MQTT_URL"


def codes(client: Client) -> list[str]:
    health = client.get("/api/health").json()["notifications"]
    return [problem["code"] for problem in health.get("problems", [])]


def wait_for_problem(client: Client, code: str) -> None:
    wait_until(lambda: codes(client) == [code], "health reports it")


def metric(client: Client, problem: str) -> str:
    lines = client.get("/metrics", Authorization=f"Bearer {TOKEN}").body.decode().splitlines()
    (line,) = [
        line for line in lines if line.startswith(f'iotconfig_announcing_problem{{problem="{problem}"')
    ]
    return line.split()[1]


def test_two_installations_under_one_prefix(
    start_serve: Callable[..., Serve], tmp_path: Path, broker: Mosquitto
) -> None:
    """Both report one error, and both stay connected."""
    one, other = f"sqlite:///{tmp_path}/one.db", f"sqlite:///{tmp_path}/other.db"
    Migrations(DatabaseUrl.parse(other)).upgrade()
    serve = start_serve(one, MQTT_URL=broker.url, **METRICS)
    with relay_starter(other, broker.url, tmp_path) as start:
        relay = start()
        wait_for_problem(serve.client, "prefix_shared")
        health = serve.client.get("/api/health").json()["notifications"]
        assert "conflict" == health["state"]
        assert SHARED in health["problems"][0]["message"]
        wait_until(lambda: metric(serve.client, "prefix_shared") == "1.0", "metrics report it")
        relay.wait_for(SHARED)
        assert [1, 1] == [said.count(SHARED) for said in (serve.output(), relay.output())]
    assert "already connected" not in broker.log()


def test_a_copy_of_the_database(sqlite_url: str, tmp_path: Path, broker: Mosquitto) -> None:
    """Both report the common client id; with its own prefix the copy is a separate installation."""
    with relay_starter(sqlite_url, broker.url, tmp_path) as start:
        original = start()
        original.wait_for("relay: connected")
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        place = tmp_path / "copy"
        place.mkdir()
        for file in path.parent.glob(f"{path.name}*"):
            if file.is_file():
                shutil.copy(file, place / file.name)
        with relay_starter(f"sqlite:///{place / path.name}", broker.url, place) as start_copy:
            copy = start_copy()
            for relay in (original, copy):
                relay.wait_for(SHARED)
                assert 1 == relay.output().count(SHARED)


def test_two_prefixes_on_one_database(
    start_serve: Callable[..., Serve], postgres_url: str, broker: Mosquitto
) -> None:
    """The standby relay publishes nothing, and both services report it; a restart with one setting ends it."""
    active = start_serve(postgres_url, MQTT_URL=broker.url, **METRICS)
    wait_until(lambda: "relay: active" in active.output(), "the first relay is active")
    silent = start_serve(postgres_url, MQTT_URL=broker.url, IOTCONFIG_MQTT_PREFIX="home", **METRICS)

    for serve in (active, silent):
        wait_for_problem(serve.client, "settings_differ")
        assert "1.0" == metric(serve.client, "settings_differ")
    wait_until(lambda: DIFFERS in silent.output(), "the log has it")

    silent.stop()
    mended = start_serve(postgres_url, MQTT_URL=broker.url, **METRICS)
    wait_until(lambda: "standing by" in mended.output(), "the second relay stands by")
    wait_until(lambda: codes(active.client) == codes(mended.client) == [], "all is well")


def test_a_broker_with_limits(start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path) -> None:
    """The fleet topic gets changes, and health reports what cannot be announced; the connection stays."""
    broker = Mosquitto(tmp_path, "retain_available false", "max_qos 0", "max_packet_size 150")
    try:
        with Listener(broker.port) as listener:
            serve = start_serve(sqlite_url, workers=1, MQTT_URL=broker.url)
            for number in range(3):
                mac = f"02:00:00:00:00:0{number}"
                serve.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {}})
            assert 3 == len(listener.wait_for(3, "updates/configs"))
        wait_until(
            lambda: codes(serve.client) == ["not_retained", "not_acknowledged", "packets_too_small"],
            "health reports it",
        )
        health = serve.client.get("/api/health").json()["notifications"]
        assert ("limited", 0, 3) == (health["state"], health["pending"], health["parked"])
        assert 1 == serve.output().count("relay: not all can be announced")
        assert 1 == serve.output().count("relay: connected")
    finally:
        broker.kill()
