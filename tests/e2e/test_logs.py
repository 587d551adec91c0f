"""The log of a service: one object a line, a line for each answer, and no secret."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.testing.simultaneous import together
from tests.support.api import created, new_mac
from tests.support.http import Answer, Client
from tests.support.logs import log_lines, wait_for_line
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import PostgresServer, create_database
from tests.support.serving import COMMAND, Serve, environment
from tests.support.terminal import terminal
from tests.support.wire import exchange, request_bytes


def test_every_line_parses_under_a_mixed_load(
    start_serve: Callable[..., Serve], sqlite_url: str, broker: Mosquitto
) -> None:
    """Two workers and a relay write concurrently and a worker is killed: each line is one complete object."""
    serve = start_serve(sqlite_url, workers=2, MQTT_URL=broker.url)
    client = serve.client

    def work(number: int) -> int:
        mac = f"02:00:00:00:{number:02x}:01"
        statuses = [
            created(client, {"n": number}, mac)["revision"],
            client.get(f"/api/configs/{mac}.json").status,
            client.get("/api/nothing").status,
            client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {}}).status,
            exchange(client, b"hello\r\n\r\n").status,
        ]
        assert [1, 200, 404, 409, 400] == statuses
        return len(statuses)

    counts = together(24, work)
    killed = serve.worker_pids()[0]
    subprocess.run(["kill", "-9", str(killed)], check=True)
    wait_for_line(serve, logger="gunicorn.error")
    serve.client.get("/api/configs")
    wait_for_line(serve, route="/api/configs", method="GET")
    wait_for_line(serve, logger="iotconfig.domain.announcing.relay")

    lines = [line for line in log_lines(serve) if line["logger"] == "iotconfig.access"]
    assert sum(counts) + 1 == len(lines)
    assert {"iotconfig.domain.announcing.relay", "iotconfig.process", "gunicorn.error"} <= {
        line["logger"] for line in log_lines(serve)
    }


def test_the_members_of_an_access_line(single: Serve) -> None:
    """Route, status, duration, device and author; the MAC address has its canonical spelling."""
    mac = new_mac()
    created(single.client, {}, mac)
    single.client.get(f"/api/configs/{mac.replace(':', '').upper()}.json", X_Request_ID="line-1")
    line = wait_for_line(single, request_id="line-1")

    assert ("/api/configs/{mac}.json", "GET", 200) == (line["route"], line["method"], line["status"])
    assert (mac, "info") == (line["mac"], line["level"])
    assert line["duration_ms"] >= 0
    changed = wait_for_line(single, mac=mac, method="POST")
    assert ("anonymous", "/api/configs", 201) == (changed["author"], changed["route"], changed["status"])


REFUSALS: dict[str, Callable[[Client], Answer]] = {
    "no route": lambda client: client.get("/api/nothing"),
    "no MAC address": lambda client: client.get("/api/configs/nonsense.json"),
    "no config": lambda client: client.get("/api/configs/999999999"),
    "no method": lambda client: client.request("DELETE", "/api/configs"),
    "no body": lambda client: client.request("POST", "/api/configs"),
    "chunks": lambda client: client.request("POST", "/api/configs", b"{}", {"Transfer-Encoding": "chunked"}),
    "no JSON": lambda client: client.request("POST", "/api/configs", b"{", {"Content-Type": "application/json"}),
    "text": lambda client: client.request("POST", "/api/configs", b"{}", {"Content-Type": "text/plain"}),
    "too large": lambda client: exchange(
        client, request_bytes("POST", "/api/configs", headers={"Content-Length": "99999999"})
    ),
    "another site": lambda client: client.request(
        "POST", "/api/configs", b"{}", {"Origin": "https://evil.example.org"}
    ),
    "another host": lambda client: client.get("/api/configs", Host="evil.example.org"),
    "another method": lambda client: client.request("BREW", "/api/configs"),
    "no HTTP": lambda client: exchange(client, b"hello\r\n\r\n"),
    "a long line": lambda client: exchange(client, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSALS)
def test_the_request_id_of_a_refusal_is_in_the_log(single: Serve, refusal: str) -> None:
    """A refusal by the server, a check or a route has a line with its request id."""
    answer = REFUSALS[refusal](single.client)
    line = wait_for_line(single, request_id=answer.headers["x-request-id"], logger="iotconfig.access")

    assert answer.status >= 400
    assert (answer.status, answer.json()["code"]) == (line["status"], line["code"])
    assert answer.json()["correlationId"] == line["request_id"]


def test_an_outage_is_logged_once_and_each_answer_in_its_line(
    start_serve: Callable[..., Serve], own_postgres: PostgresServer
) -> None:
    """An unavailable database gives one line with the reason, not one for each request."""
    url = create_database(own_postgres.base_url, "iotconfig")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    serve = start_serve(url, IOTCONFIG_DB_POOL_TIMEOUT="1")
    own_postgres.stop("immediate")
    refused = together(40, lambda _: serve.client.get("/api/configs/020000000001.json"))
    own_postgres.start()
    for answer in refused:
        wait_for_line(serve, request_id=answer.headers["x-request-id"], code="STORE_UNAVAILABLE")

    assert {503} == {answer.status for answer in refused}
    reasons = [line["message"] for line in log_lines(serve) if "unavailable" in line["message"]]
    assert 1 <= len(reasons) < len(refused) / 2


def test_a_log_that_is_not_read_delays_no_request(sqlite_url: str) -> None:
    """Standard error is a full pipe, and more lines follow than the buffer holds."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--workers", "1"],
        env=environment(sqlite_url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        start = process.stderr.readline().decode()
        found = re.search(r"listens on (http://\S+)", start)
        assert found is not None, start
        client = Client(found[1])
        long_id = {"X-Request-ID": "i" * 128}
        request = request_bytes("GET", "/api/configs/020000000001.json", headers=long_id, close=False)
        # A pipe has 64 KiB and the buffer 512 KiB: 2,000 lines with such long ids are more.
        last = request_bytes("GET", "/api/configs/020000000001.json")
        received = client.raw(request * 2_000 + last)
        assert 2_001 == received.count(b"HTTP/1.1 404 ")
    finally:
        process.terminate()
        left = process.communicate(timeout=60)[1]
    assert 0 == process.returncode
    lines = [json.loads(line) for line in left.splitlines()]
    assert lines


@pytest.mark.parametrize(
    ("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)], ids=["colours", "none"]
)
def test_a_person_at_a_terminal_reads_text(sqlite_url: str, more: dict[str, str], coloured: bool) -> None:
    """It has colours unless they are disabled, and the line to try."""
    env = environment(sqlite_url, **more)
    if not more:
        env.pop("NO_COLOR", None)
    with terminal("serve", "--port", "0", "--workers", "1", env=env) as shown:
        shown.wait_for("Try:  curl")
        found = re.search(r"listens on (http://\S+)", shown.text)
        assert found is not None
        Client(found[1]).get("/api/nothing", X_Request_ID="seen-1")
        shown.wait_for("request=seen-1")
        shown.type("\x03")
        assert 0 == shown.end()

    assert "GET unmatched 404" in shown.text
    assert coloured == ("\x1b[" in shown.screen)


def test_levels(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """At `warning` answers have no line; at `debug` health checks have one."""
    quiet = start_serve(sqlite_url, workers=1, IOTCONFIG_LOG_FORMAT="text")
    quiet.client.get("/api/health", X_Request_ID="health-1")
    quiet.client.get("/api/configs", X_Request_ID="list-1")
    assert "list-1" in quiet.output()
    assert "health-1" not in quiet.output()
    debug = start_serve(sqlite_url, workers=1, IOTCONFIG_LOG_LEVEL="debug")
    debug.client.get("/api/health", X_Request_ID="health-2")
    wait_for_line(debug, request_id="health-2", level="debug")
