"""PostgreSQL in trouble: crashed, stopped, frozen, or behind a link that swallows everything."""

from __future__ import annotations

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
from tests.support.crowd import seconds_of, together
from tests.support.http import Answer, Client
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import PostgresServer, create_database
from tests.support.proxy import Link
from tests.support.schema import execute
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

TIMEOUTS = {
    "IOTCONFIG_DB_CONNECT_TIMEOUT": "2",
    "IOTCONFIG_DB_POOL_TIMEOUT": "1",
    "IOTCONFIG_DB_STATEMENT_TIMEOUT": "1",
    "IOTCONFIG_DB_LOCK_TIMEOUT": "1",
    "IOTCONFIG_DB_WATCHDOG_TIMEOUT": "1.5",
}
BOUND = 6.0
"""Seconds: the pool's wait, the watchdog's bound, and as much again for a busy machine."""

RECOVERY = 15.0
"""Seconds until every worker serves again."""

DEVICE = "/api/configs/020000000001.json"
Outage = Callable[[PostgresServer, Link], AbstractContextManager[None]]


@pytest.fixture
def link(own_postgres: PostgresServer) -> Iterator[Link]:
    with Link(own_postgres.port) as link:
        yield link


@pytest.fixture
def own_url(own_postgres: PostgresServer) -> str:
    """A database with the current schema, on a server of the test's own."""
    url = create_database(own_postgres.base_url, "iotconfig")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    return url


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


def _set_read_only(server: PostgresServer) -> tuple[str, Callable[[], object]]:
    """A database whose new sessions can only read, for as long as they last; and what ends that for later ones."""
    execute(server.base_url, "ALTER DATABASE iotconfig SET default_transaction_read_only = on")
    url = make_url(server.base_url).set(database="iotconfig").render_as_string(hide_password=False)
    return url, lambda: execute(
        server.base_url, "ALTER DATABASE iotconfig RESET default_transaction_read_only"
    )


def _standby(server: PostgresServer) -> tuple[str, Callable[[], object]]:
    """A standby; and its promotion."""
    standby = server.standby()
    url = make_url(standby.base_url).set(database="iotconfig").render_as_string(hide_password=False)
    return url, standby.promote


def _put(client: Client, number: int) -> Answer:
    return client.send_json("PUT", f"/api/configs/by-mac/02000000{number:04x}", {"content": {"n": number}})


def test_a_worker_whose_first_request_meets_a_frozen_server_is_not_lost(
    own_postgres: PostgresServer, link: Link, own_url: str, start_serve: Callable[..., Serve]
) -> None:
    """What SQLAlchemy asks of a first connection is bounded, too: every worker answers 503, and recovers."""
    client = start_serve(own_url, workers=2, **TIMEOUTS).client

    with _frozen(own_postgres, link):
        timed = together(16, lambda n: seconds_of(lambda: client.get(DEVICE)))
    wait_until(
        lambda: {200} == {answer.status for answer in together(16, lambda _: client.get("/api/health"))},
        "all workers recover",
        RECOVERY,
    )

    assert {503} == {answer.status for _, answer in timed}
    assert max(took for took, _ in timed) < BOUND


@pytest.mark.parametrize(
    "outage",
    [
        pytest.param(_crashed, id="crashed"),
        pytest.param(_stopped, id="stopped"),
        pytest.param(_frozen, id="frozen"),
        pytest.param(_swallowed, id="link-swallows"),
    ],
)
def test_an_outage_is_answered_in_time_and_gets_over_by_itself(
    own_postgres: PostgresServer, link: Link, own_url: str, start_serve: Callable[..., Serve], outage: Outage
) -> None:
    """Writes, fetches and lists get 503 and health says unhealthy, all in time; afterwards the same workers serve."""
    through_link = make_url(own_url).set(port=link.port)
    url = through_link.render_as_string(hide_password=False) if outage is _swallowed else own_url
    serve = start_serve(url, workers=2, **TIMEOUTS)
    client = serve.client
    # All connections of both workers' pools are open, as after an hour of traffic.
    assert {201} == {answer.status for answer in together(32, lambda n: _put(client, n))}
    pids = serve.pids()

    def ask(number: int) -> Answer:
        kind = number % 3
        return (
            _put(client, number) if kind == 0 else client.get(DEVICE if kind == 1 else "/api/configs?limit=1")
        )

    with outage(own_postgres, link):
        timed = together(24, lambda n: seconds_of(lambda: ask(n)))
        health_took, health = seconds_of(lambda: client.get("/api/health"))
        later_took, later = seconds_of(lambda: _put(client, 1))
    wait_until(
        lambda: {200} == {answer.status for answer in together(16, lambda _: client.get("/api/health"))},
        "all workers recover",
        RECOVERY,
    )
    recovered = together(8, lambda n: _put(client, 100 + n))

    answers = [answer for _, answer in timed] + [later]
    assert {503} == {answer.status for answer in answers}
    assert {"application/problem+json"} == {answer.headers["content-type"] for answer in answers}
    assert {"STORE_UNAVAILABLE"} == {answer.json()["code"] for answer in answers}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert max(took for took, _ in timed) < BOUND
    assert later_took < BOUND
    assert 503 == health.status
    assert {"unhealthy", "disconnected"} == {health.json()["status"], health.json()["database"]}
    assert health_took < BOUND
    assert {201: 8} == Counter(answer.status for answer in recovered)
    assert pids == serve.pids()


def test_a_crash_under_writes_loses_nothing_acknowledged(
    own_postgres: PostgresServer, own_url: str, start_serve: Callable[..., Serve]
) -> None:
    """Across two crashes under writes, every acknowledged create is there, and nobody saw anything but 201 and 503."""
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
        wait_until(lambda: len(acknowledged) > before + 20, "writes go on", 30)

    with ThreadPoolExecutor(6) as threads:
        writers = [threads.submit(create, writer) for writer in range(6)]
        try:
            for _ in range(2):
                more_is_written()
                own_postgres.stop("immediate")
                own_postgres.start()
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
    """With a device's row locked by somebody's open transaction, a write to it gets 503, and others go on."""
    client = start_serve(own_url, **TIMEOUTS).client
    assert [201, 201] == [_put(client, 1).status, _put(client, 2).status]
    change = {"content": {"changed": True}}

    with psycopg.connect(own_url) as session:
        session.execute("SELECT * FROM revision_counters WHERE mac_address = '02:00:00:00:00:01' FOR UPDATE")
        took, refused = seconds_of(
            lambda: client.send_json("PUT", "/api/configs/by-mac/020000000001", change)
        )
        other = client.send_json("PUT", "/api/configs/by-mac/020000000002", change)
        fetched = client.get(DEVICE)
    afterwards = client.send_json("PUT", "/api/configs/by-mac/020000000001", change)

    assert (503, "STORE_UNAVAILABLE") == (refused.status, refused.json()["code"])
    assert took < BOUND
    assert [200, 200, 200] == [other.status, fetched.status, afterwards.status]


@pytest.mark.parametrize(
    "make_read_only", [pytest.param(_set_read_only, id="set"), pytest.param(_standby, id="standby")]
)
def test_a_read_only_database_is_told_and_gets_over(
    own_postgres: PostgresServer,
    own_url: str,
    start_serve: Callable[..., Serve],
    broker: Mosquitto,
    make_read_only: Callable[[PostgresServer], tuple[str, Callable[[], object]]],
) -> None:
    """Devices are served, health says read-only, no relay is active; then the same processes write again."""
    run_command("config", "create", "02:00:00:00:00:01", "{}", env=environment(own_url))
    # A relay ran here before: the first of all ends, and is started again, until it can name the installation.
    execute(own_url, "INSERT INTO installation (\"only\", name, created_at) VALUES (1, 'here', now())")
    url, end = make_read_only(own_postgres)
    serve = start_serve(url, workers=2, MQTT_URL=broker.url, **TIMEOUTS)
    client, pids = serve.client, serve.pids()
    # All connections of both workers' pools are open, and can only read.
    fetched = together(32, lambda _: client.get(DEVICE))
    refused = together(8, lambda n: _put(client, n))
    health, ready = client.get("/api/health"), client.get("/api/health/ready")
    said = serve.output()
    end()
    wait_until(
        lambda: {200} == {answer.status for answer in together(16, lambda _: client.get("/api/health"))},
        "all workers write again",
        RECOVERY,
    )
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
