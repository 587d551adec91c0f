"""Streams of events from a running service: over workers, at reloads and stops, and with clients that do not read."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path

import psycopg
import pytest

from tests.support.api import created, new_mac
from tests.support.event_stream import EventStream
from tests.support.processes import is_alive
from tests.support.serving import Serve
from tests.support.waiting import wait_until

STREAMS = 12
BULK = 6000
LARGE_MESSAGE = "%C3%A4" * 600


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A service with one worker, which cuts clients that do not read after a second."""
    place = tmp_path_factory.mktemp("events")
    shutil.copy(_sqlite_template, place / "configs.db")
    with Serve(
        f"sqlite:///{place / 'configs.db'}", place / "serve.log", IOTCONFIG_STALL_TIMEOUT="1"
    ) as serve:
        yield serve


def test_a_reload_and_a_stop_end_streams(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """At once, with a time after which to connect again; the client then goes on after its last event."""
    serve = start_serve(sqlite_url)
    url = serve.client.base_url
    with EventStream(url) as stream:
        stream.hello()
        created(serve.client, {})
        assert [1] == stream.positions(1)
        old = serve.worker_pids()
        serve.process.send_signal(signal.SIGHUP)
        assert ["retry"] == stream.rest()
    created(serve.client, {})
    wait_until(lambda: not any(map(is_alive, old)), "the worker is replaced")
    with EventStream(url, Last_Event_ID="1") as stream:
        assert {"position": 2, "oldest": 1} == stream.hello()
        assert [2] == stream.positions(1)
        serve.process.send_signal(signal.SIGTERM)
        assert ["retry"] == stream.rest()
    assert 0 == serve.wait_ended()
    assert "Traceback" not in serve.output()


def test_changes_reach_the_streams_of_all_workers(
    start_serve: Callable[..., Serve], postgres_url: str
) -> None:
    """Whichever worker, or other process, makes them. A stream holds no connection to the database; each worker listens once."""
    serve = start_serve(postgres_url, workers=2)
    listening = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    )
    with ExitStack() as stack, psycopg.connect(postgres_url, autocommit=True) as connection:
        streams: list[EventStream] = []

        def both_listen() -> bool:
            streams.append(stack.enter_context(EventStream(serve.client.base_url)))
            streams[-1].hello()
            return (2,) == connection.execute(listening).fetchone()

        wait_until(both_listen, "both workers have streams")
        while len(streams) < STREAMS:
            streams.append(stack.enter_context(EventStream(serve.client.base_url)))
            streams[-1].hello()
        macs = [created(serve.client, {})["mac_address"] for _ in range(6)]
        serve.client.request("PUT", f"/api/devices/{macs[0]}/tags/a")
        found = [stream.positions(7) for stream in streams]
        report = {
            "outcome": "applied",
            "etag": serve.client.get(f"/api/configs/{macs[0]}.json").headers["etag"],
        }
        assert 204 == serve.client.send_json("POST", f"/api/devices/{macs[0]}/report", report).status
        for stream in streams:
            while (shown := stream.device())["mac_address"] != macs[0] or shown["state"] != "in_sync":
                pass
        (sessions,) = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone() or (0,)

    assert [[1, 2, 3, 4, 5, 6, 7]] * len(streams) == found
    assert sessions < STREAMS


def is_open(serve: Serve, client: tuple[str, int]) -> bool:
    """Whether the service has its end of a client's connection open."""
    ends = (f"0100007F:{port:04X}" for port in (serve.client.address[1], client[1]))
    # The state 1: established.
    return f"{next(ends)} {next(ends)} 01 " in Path("/proc/net/tcp").read_text()


def test_a_client_that_does_not_read_is_cut(on_sqlite: Serve) -> None:
    """Its connection is closed, and others are served meanwhile."""
    with socket.socket() as sleeper:
        sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sleeper.connect(on_sqlite.client.address)
        sleeper.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert sleeper.recv(1)
        lines = "".join(f'{{"mac_address":"{new_mac()}","content":{{}}}}\n' for _ in range(BULK))
        stored = on_sqlite.client.request(
            "POST",
            f"/api/configs/import?message={LARGE_MESSAGE}",
            lines.encode(),
            {"Content-Type": "application/x-ndjson"},
        )
        assert 200 == stored.status, stored.body[-500:]
        newest = on_sqlite.client.get("/api/changes?limit=1").json()["position"]
        with EventStream(on_sqlite.client.base_url, f"?position={newest - 3}") as reader:
            reader.hello()
            found: list[int] = []
            while newest not in found:
                event = reader.event()
                assert event is not None
                # The states of so many devices are more snapshots than a worker keeps, so that it may send a reset.
                if event.name != "reset":
                    found.append(event.data["position"])
            assert [newest - 2, newest - 1, newest] == found
        wait_until(lambda: not is_open(on_sqlite, sleeper.getsockname()), "the connection is closed")
    assert "Traceback" not in on_sqlite.output()


def test_a_client_that_leaves_makes_room(on_sqlite: Serve) -> None:
    """Although nothing happens that would be sent to it."""
    with socket.create_connection(on_sqlite.client.address) as client:
        address = client.getsockname()
        client.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(1)
        client.shutdown(socket.SHUT_WR)
        wait_until(lambda: not client.recv(65536), "the service closes the connection")
    assert not is_open(on_sqlite, address)


def test_a_killed_worker_ends_its_streams(on_sqlite: Serve) -> None:
    """Without a last word; the next worker goes on."""
    (worker,) = on_sqlite.worker_pids()
    with EventStream(on_sqlite.client.base_url) as stream:
        position = stream.hello()["position"]
        os.kill(worker, signal.SIGKILL)
        with suppress(OSError, HTTPException):
            assert [] == stream.rest()
    wait_until(lambda: on_sqlite.worker_pids() not in ([], [worker]), "another worker runs")
    created(on_sqlite.client, {})
    with EventStream(on_sqlite.client.base_url, Last_Event_ID=str(position)) as stream:
        stream.hello()
        assert [position + 1] == stream.positions(1)
