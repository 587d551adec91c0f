"""Faults of PostgreSQL: crashed, stopped, frozen, or behind a dead connection."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from threading import Event

import psycopg
import pytest
from sqlalchemy import make_url

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.testing.simultaneous import together
from tests.support.command_line import CommandLine
from tests.support.event_stream import EventStream
from tests.support.http import Answer, Client
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import PostgresServer, create_database
from tests.support.proxy import Link
from tests.support.schema import execute
from tests.support.serving import Serve, environment
from tests.support.waiting import wait_until

TIMEOUTS = {
    "IOTCONFIG_DB_CONNECT_TIMEOUT": "2",
    "IOTCONFIG_DB_POOL_TIMEOUT": "1",
    "IOTCONFIG_DB_STATEMENT_TIMEOUT": "1",
    "IOTCONFIG_DB_LOCK_TIMEOUT": "1",
    "IOTCONFIG_DB_WATCHDOG_TIMEOUT": "1.5",
}

_TEMPLATE = "iotconfig_template"

DEVICE = "/api/configs/020000000001.json"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that each test breaks and repairs."""
    server = PostgresServer()
    template = create_database(server.base_url, _TEMPLATE)
    Migrations(DatabaseUrl.parse(template)).upgrade()
    yield server
    server.close()


@pytest.fixture
def link(server: PostgresServer) -> Iterator[Link]:
    with Link(server.port) as link:
        yield link


@pytest.fixture
def own_url(server: PostgresServer) -> str:
    """A database with the current schema, on the module's server."""
    return create_database(server.base_url, f"iotconfig_{uuid.uuid4().hex}", _TEMPLATE)


@contextmanager
def _crashed(server: PostgresServer, _link: Link) -> Iterator[None]:
    server.stop("immediate")
    try:
        yield
    finally:
        server.start()


@contextmanager
def _stopped(server: PostgresServer, _link: Link) -> Iterator[None]:
    server.stop("fast")
    try:
        yield
    finally:
        server.start()


@contextmanager
def _frozen(server: PostgresServer, _link: Link) -> Iterator[None]:
    try:
        server.freeze()
        yield
    finally:
        server.thaw()


@contextmanager
def _swallowed(_server: PostgresServer, link: Link) -> Iterator[None]:
    link.swallow()
    try:
        yield
    finally:
        link.flow()


def _set_read_only(server: PostgresServer, url: str) -> tuple[str, Callable[[], object]]:
    """A database whose new sessions are read-only while they last; and a function that ends it for later sessions."""
    name = make_url(url).database
    execute(server.base_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    return url, lambda: execute(server.base_url, f"ALTER DATABASE {name} RESET default_transaction_read_only")


def _standby(server: PostgresServer, url: str) -> tuple[str, Callable[[], object]]:
    """A standby; and its promotion."""
    standby = server.standby()
    return make_url(url).set(port=standby.port).render_as_string(hide_password=False), standby.promote


def _put(client: Client, number: int) -> Answer:
    return client.send_json("PUT", f"/api/configs/by-mac/02000000{number:04x}", {"content": {"n": number}})


def _wait_for_all_workers(client: Client) -> None:
    wait_until(
        lambda: {200} == {answer.status for answer in together(16, lambda _: client.get("/api/health"))},
        "all workers serve",
    )


def test_a_worker_recovers_from_a_frozen_server_at_its_first_request(
    server: PostgresServer, link: Link, own_url: str, start_serve: Callable[..., Serve]
) -> None:
    """The first queries of a connection are limited, too: every worker answers 503, and recovers."""
    client = start_serve(own_url, workers=2, **TIMEOUTS).client

    with _frozen(server, link):
        answers = together(16, lambda _: client.get(DEVICE))
    _wait_for_all_workers(client)

    assert {503} == {answer.status for answer in answers}


def test_recovery_from_outages_without_a_restart(
    server: PostgresServer, link: Link, own_url: str, start_serve: Callable[..., Serve]
) -> None:
    """A crash, a stop, a freeze, and a dead connection, one after the other.

    Writes, fetches and lists get 503 and health says unhealthy; afterwards the same workers serve.
    """
    url = make_url(own_url).set(port=link.port).render_as_string(hide_password=False)
    serve = start_serve(url, workers=2, **TIMEOUTS)
    pids = serve.pids()

    for number, outage in enumerate((_crashed, _stopped, _frozen, _swallowed)):
        _expect_an_outage_to_be_reported(outage(server, link), serve.client, 1000 * number)
        assert pids == serve.pids(), outage


def _expect_an_outage_to_be_reported(
    outage: AbstractContextManager[None], client: Client, first: int
) -> None:
    # All connections of both pools are open, as after an hour of traffic.
    assert {201} == {answer.status for answer in together(32, lambda n: _put(client, first + n))}

    def ask(number: int) -> Answer:
        kind = number % 3
        return (
            _put(client, first + number)
            if kind == 0
            else client.get(DEVICE if kind == 1 else "/api/configs?limit=1")
        )

    # Each request ends, or the client's time-out raises an error.
    with outage:
        answers = together(24, ask)
        health = client.get("/api/health")
        answers.append(_put(client, first + 1))
    _wait_for_all_workers(client)
    recovered = together(8, lambda n: _put(client, first + 100 + n))

    assert {503} == {answer.status for answer in answers}
    assert {"application/problem+json"} == {answer.headers["content-type"] for answer in answers}
    assert {"STORE_UNAVAILABLE"} == {answer.json()["code"] for answer in answers}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert 503 == health.status
    assert {"unhealthy", "disconnected"} == {health.json()["status"], health.json()["database"]}
    assert {201: 8} == Counter(answer.status for answer in recovered)


def test_a_crash_under_writes_loses_nothing_acknowledged(
    server: PostgresServer, own_url: str, start_serve: Callable[..., Serve]
) -> None:
    """After two crashes during writes, every acknowledged create is stored, and all answers were 201 or 503."""
    serve = start_serve(own_url, workers=2, **TIMEOUTS)
    pids = serve.pids()
    acknowledged: list[int] = []
    others: list[Answer] = []
    enough = Event()

    def create(writer: int) -> None:
        for number in range(10_000 * writer, 10_000 * (writer + 1)):
            if enough.is_set():
                return
            answer = _put(serve.client, number)
            if answer.status == 201:
                acknowledged.append(number)
            else:
                others.append(answer)

    def more_is_written() -> None:
        before = len(acknowledged)
        wait_until(lambda: len(acknowledged) > before + 20, "writes go on")

    with ThreadPoolExecutor(6) as threads:
        writers = [threads.submit(create, writer) for writer in range(6)]
        try:
            for _ in range(2):
                more_is_written()
                server.stop("immediate")
                server.start()
            more_is_written()
        finally:
            enough.set()
        for writer in writers:
            writer.result()

    stored: set[int] = set()
    cursor = ""
    while cursor is not None:
        page = serve.client.get(f"/api/configs{cursor and f'?cursor={cursor}'}").json()
        stored |= {int(config["mac_address"].replace(":", "")[8:], 16) for config in page["configs"]}
        cursor = page["next"]
    assert set() == set(acknowledged) - stored
    assert set() == {answer.status for answer in others} - {503}
    assert pids == serve.pids()


def test_a_writer_that_waits_too_long_for_a_lock_is_refused(
    own_url: str, start_serve: Callable[..., Serve]
) -> None:
    """While a transaction locks a device's row, a write to it gets 503, and other writes succeed."""
    client = start_serve(own_url, **TIMEOUTS).client
    assert [201, 201] == [_put(client, 1).status, _put(client, 2).status]
    change = {"content": {"changed": True}}

    with psycopg.connect(own_url) as session:
        session.execute("SELECT * FROM revision_counters WHERE mac_address = '02:00:00:00:00:01' FOR UPDATE")
        refused = client.send_json("PUT", "/api/configs/by-mac/020000000001", change)
        other = client.send_json("PUT", "/api/configs/by-mac/020000000002", change)
        fetched = client.get(DEVICE)
    afterwards = client.send_json("PUT", "/api/configs/by-mac/020000000001", change)

    assert (503, "STORE_UNAVAILABLE") == (refused.status, refused.json()["code"])
    assert [200, 200, 200] == [other.status, fetched.status, afterwards.status]


@pytest.mark.parametrize(
    "make_read_only", [pytest.param(_set_read_only, id="set"), pytest.param(_standby, id="standby")]
)
def test_recovery_from_a_read_only_database(
    server: PostgresServer,
    own_url: str,
    start_serve: Callable[..., Serve],
    broker: Mosquitto,
    make_read_only: Callable[[PostgresServer, str], tuple[str, Callable[[], object]]],
) -> None:
    """Devices are served, health reports read-only, no relay is active; then the same processes write again."""
    CommandLine(environment(own_url)).ok("config", "create", "02:00:00:00:00:01", "{}")
    # A relay ran here before: the very first one needs to write the name of the installation.
    execute(
        own_url,
        "INSERT INTO installation (\"only\", name, etag_key, created_at) VALUES (1, 'here', 'k', now())",
    )
    url, end = make_read_only(server, own_url)
    serve = start_serve(url, workers=2, MQTT_URL=broker.url, **TIMEOUTS)
    client, pids = serve.client, serve.pids()
    # All connections of both pools are open and read-only.
    fetched = together(32, lambda _: client.get(DEVICE))
    refused = together(8, lambda n: _put(client, n))
    health, ready = client.get("/api/health"), client.get("/api/health/ready")
    said = serve.output()
    end()
    _wait_for_all_workers(client)
    written = together(16, lambda n: _put(client, n))
    wait_until(lambda: "relay: active" in serve.output(), "a relay is active")

    assert {200} == {answer.status for answer in fetched}
    assert {503} == {answer.status for answer in refused}
    assert all("read-only" in answer.json()["error"] for answer in (*refused, health, ready))
    assert not any("may have been stored" in answer.json()["error"] for answer in refused)
    assert (503, "read-only", 503) == (health.status, health.json()["database"], ready.status)
    assert "relay: active" not in said
    assert set() == {answer.status for answer in written} - {200, 201}
    assert pids == serve.pids()


def test_event_streams_outlast_outages(
    server: PostgresServer, link: Link, own_url: str, start_serve: Callable[..., Serve]
) -> None:
    """A crash and a dead connection end none, and none misses a change."""
    url = make_url(own_url).set(port=link.port).render_as_string(hide_password=False)
    client = start_serve(url, **TIMEOUTS).client
    with EventStream(client.base_url) as stream, EventStream(client.base_url) as other:
        for each in (stream, other):
            each.hello()
        for number, outage in enumerate((_crashed, _swallowed)):
            assert _put(client, 2 * number).status == 201
            assert [2 * number + 1] == stream.positions(1)
            with outage(server, link):
                wait_until(lambda: client.get("/api/health").status == 503, "the outage is noticed")
            wait_until(lambda: client.get("/api/health").status == 200, "the service recovers")
            assert _put(client, 2 * number + 1).status == 201
            assert [2 * number + 2] == stream.positions(1)
        assert [1, 2, 3, 4] == other.positions(4)
