"""The processes of `iotconfig serve`: how they end, are replaced, and take each other down."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from tests.support.crowd import together
from tests.support.http import Client
from tests.support.processes import is_alive
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

DEVICE = "/api/configs/020000000001.json"
UPLOAD = b'{"mac_address": "020000000001", "content": {"uploaded": true}}'
HEAD = (
    b"POST /api/configs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(UPLOAD)
)


@contextmanager
def _half_an_upload(client: Client) -> Iterator[socket.socket]:
    """A connection whose request a worker has begun to serve, and whose body has come by half."""
    with socket.create_connection(client.address, timeout=30) as connection:
        connection.sendall(HEAD)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(UPLOAD[:20])
        yield connection


def _refuses(client: Client) -> bool:
    try:
        socket.create_connection(client.address, timeout=5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False
    return False


def _store(client: Client) -> None:
    stored = client.send_json("PUT", "/api/configs/by-mac/020000000001", {"content": {"stored": True}})
    assert 201 == stored.status


def _all_gone(pids: list[int]) -> bool:
    return not any(map(is_alive, pids))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_stop_lets_a_request_in_flight_finish(
    start_serve: Callable[..., Serve], sqlite_url: str, number: signal.Signals
) -> None:
    """An upload that is half sent at the signal is finished, answered and stored; the exit status is 0."""
    serve = start_serve(sqlite_url)
    pids = serve.pids()

    with _half_an_upload(serve.client) as upload:
        serve.process.send_signal(number)
        wait_until(lambda: _refuses(serve.client), "the port is closed")
        upload.sendall(UPLOAD[20:])
        answer = upload.recv(65536)
    status = serve.process.wait(timeout=20)
    shown = run_command("config", "show", "020000000001", "--json", env=environment(sqlite_url))

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert 0 == status
    assert b'"uploaded"' in shown.stdout
    wait_until(lambda: _all_gone(pids), "all processes are gone")


def test_a_stop_waits_for_a_stuck_request_only_so_long(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """An upload that does not go on is given up after the graceful time-out, and idle connections at once."""
    serve = start_serve(sqlite_url, IOTCONFIG_GRACEFUL_TIMEOUT="1")
    pids = serve.pids()

    with _half_an_upload(serve.client), socket.create_connection(serve.client.address):
        began = monotonic()
        serve.process.send_signal(signal.SIGTERM)
        status = serve.process.wait(timeout=30)
        took = monotonic() - began

    assert 0 == status
    assert took < 10
    wait_until(lambda: _all_gone(pids), "all processes are gone")


def test_idle_connections_do_not_hold_up_a_stop(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """Kept-alive connections without a request are closed, long before the graceful time-out."""
    serve = start_serve(sqlite_url, IOTCONFIG_IDLE_TIMEOUT="600", IOTCONFIG_GRACEFUL_TIMEOUT="30")

    with socket.create_connection(serve.client.address, timeout=30) as connection:
        connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        began = monotonic()
        status = serve.stop()
        took = monotonic() - began

    assert 0 == status
    assert took < 10


def test_a_reload_replaces_the_workers_and_fails_nobody(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """SIGHUP brings new workers, while four clients that fetch all the time see nothing but 200."""
    serve = start_serve(sqlite_url, workers=2)
    _store(serve.client)
    arbiter, before = serve.web_pid(), serve.worker_pids()
    enough = Event()

    def fetch(_: int) -> list[object]:
        failures: list[object] = []
        while not enough.is_set():
            try:
                status = serve.client.get(DEVICE).status
            except OSError as error:
                failures.append(error)
            else:
                if status != 200:
                    failures.append(status)
        return failures

    with ThreadPoolExecutor(1) as background:
        clients = background.submit(together, 4, fetch)
        try:
            serve.process.send_signal(signal.SIGHUP)
            wait_until(lambda: _all_gone(before), "the old workers are gone")
            wait_until(lambda: len(serve.worker_pids()) == len(before), "new ones are there")
        finally:
            enough.set()
        failures = clients.result()

    assert [[]] * 4 == failures
    assert arbiter == serve.web_pid()
    assert serve.process.poll() is None
    assert 1 == serve.output().count("listens on")


def test_a_reload_ends_no_worker_before_its_successor_serves(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """While new workers hang at their start, the old ones serve on; then they make room."""
    serve = start_serve(sqlite_url, workers=2)
    _store(serve.client)
    before = serve.worker_pids()

    serve.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(serve.worker_pids()) == 2 * len(before), "new workers start")
    new = set(serve.worker_pids()) - set(before)
    for pid in new:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(AssertionError, match="an old worker ends"):
        wait_until(lambda: not all(map(is_alive, before)), "an old worker ends", 4)
    fetched = serve.client.get(DEVICE)
    for pid in new:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: new == set(serve.worker_pids()), "the new workers are left")

    assert 200 == fetched.status
    assert 200 == serve.client.get(DEVICE).status


def test_a_reload_while_the_service_starts_ends_nothing(tmp_path: Path, sqlite_url: str) -> None:
    """SIGHUP that comes before the web process can take it: the service starts all the same."""
    serve = Serve(sqlite_url, tmp_path / "serve.log")
    wait_until(lambda: serve.pids()[1:], "the web process is there")

    serve.process.send_signal(signal.SIGHUP)

    with serve:
        assert 200 == serve.client.get("/api/health").status


def test_a_stop_leaves_no_complaint_in_the_log(start_serve: Callable[..., Serve], database_url: str) -> None:
    """Workers that were reloaded, and those that were stopped, have closed their connections before they end."""
    serve = start_serve(database_url)
    _store(serve.client)
    before = serve.worker_pids()

    serve.process.send_signal(signal.SIGHUP)
    wait_until(lambda: _all_gone(before), "the old workers are gone")
    serve.client.get(DEVICE)
    serve.stop()

    assert [] == [line for line in serve.output().splitlines() if "Traceback" in line or "Exception" in line]


def test_a_killed_supervisor_leaves_no_process_behind(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """SIGKILL of `serve` ends its processes too, and frees the port."""
    serve = start_serve(sqlite_url)
    pids = serve.pids()

    serve.process.kill()
    serve.process.wait(timeout=10)

    wait_until(lambda: _all_gone(pids), "all processes are gone")
    assert _refuses(serve.client)


def test_a_killed_supervisor_leaves_nothing_behind_a_stuck_request(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """SIGKILL of `serve` while a client uploads nothing: its processes end within the graceful time-out."""
    serve = start_serve(sqlite_url, IOTCONFIG_GRACEFUL_TIMEOUT="1")
    pids = serve.pids()

    with _half_an_upload(serve.client):
        serve.process.kill()
        serve.process.wait(timeout=10)
        wait_until(lambda: _all_gone(pids), "all processes are gone", 15)


def test_a_killed_worker_is_replaced(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """After SIGKILL of a worker there are as many as before, and they serve."""
    serve = start_serve(sqlite_url, workers=2, IOTCONFIG_GRACEFUL_TIMEOUT="2")
    _store(serve.client)
    victim, other = serve.worker_pids()

    os.kill(victim, signal.SIGKILL)

    wait_until(
        lambda: len(serve.worker_pids()) == 2 and victim not in serve.worker_pids(), "a worker replaces it"
    )
    assert other in serve.worker_pids()
    assert {200} == {answer.status for answer in together(16, lambda _: serve.client.get(DEVICE))}


def test_a_stop_while_a_worker_starts_is_not_lost(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """SIGTERM that comes while a replacement worker starts ends it too, long before the graceful time-out."""
    serve = start_serve(sqlite_url, workers=2, IOTCONFIG_GRACEFUL_TIMEOUT="12")
    victim = serve.worker_pids()[0]

    os.kill(victim, signal.SIGKILL)
    wait_until(
        lambda: len(serve.worker_pids()) == 2 and victim not in serve.worker_pids(), "a worker replaces it"
    )
    began = monotonic()
    status = serve.stop()
    took = monotonic() - began

    assert 0 == status
    assert took < 10


def test_serve_ends_with_its_web_process(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """SIGKILL of gunicorn's arbiter: `serve` says so by its exit status, and no worker stays."""
    serve = start_serve(sqlite_url)
    pids = serve.pids()

    os.kill(serve.web_pid(), signal.SIGKILL)
    status = serve.process.wait(timeout=30)

    assert 0 < status
    wait_until(lambda: _all_gone(pids), "all processes are gone")


def test_two_services_share_one_database(start_serve: Callable[..., Serve], database_url: str) -> None:
    """What one `serve` stores, the other on the same machine serves; both write at the same time."""
    clients = [start_serve(database_url).client for _ in range(2)]
    _store(clients[0])

    def write(number: int) -> int:
        content = {"content": {"writer": number}}
        return int(
            clients[number % 2]
            .send_json("PUT", "/api/configs/by-mac/020000000001", content)
            .json()["revision"]
        )

    revisions = together(12, write)

    assert list(range(2, 14)) == sorted(revisions)
    assert clients[0].get(DEVICE).body == clients[1].get(DEVICE).body
