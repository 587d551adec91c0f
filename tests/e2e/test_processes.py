"""The processes of `iotconfig serve`: their end, their replacement, and their dependence on each other."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from iotconfig.testing.simultaneous import together
from tests.support.http import Client
from tests.support.processes import is_alive
from tests.support.schema import rows
from tests.support.serving import Serve
from tests.support.waiting import wait_until

DEVICE = "/api/configs/020000000001.json"
UPLOAD = b'{"mac_address": "020000000001", "content": {"uploaded": true}}'
HEAD = (
    b"POST /api/configs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(UPLOAD)
)


@contextmanager
def _half_an_upload(client: Client) -> Iterator[socket.socket]:
    """A connection whose request a worker has begun to serve, with half of its body sent."""
    with socket.create_connection(client.address, timeout=60) as connection:
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
    """An upload that is half sent at the signal is completed, answered and stored; idle connections delay nothing.

    The exit status is 0. No time-out is short enough to end an idle connection within the test.
    """
    serve = start_serve(sqlite_url, IOTCONFIG_IDLE_TIMEOUT="600", IOTCONFIG_GRACEFUL_TIMEOUT="600")
    pids = serve.pids()

    with socket.create_connection(serve.client.address, timeout=60) as idle:
        idle.sendall(b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 200 ")
        with _half_an_upload(serve.client) as upload:
            serve.process.send_signal(number)
            wait_until(lambda: _refuses(serve.client), "the port is closed")
            upload.sendall(UPLOAD[20:])
            answer = upload.recv(65536)
        status = serve.wait_ended()

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert 0 == status
    assert [('{"uploaded": true}',)] == rows(sqlite_url, "SELECT content FROM configs")
    wait_until(lambda: _all_gone(pids), "all processes are gone")


def test_a_stop_waits_for_a_stuck_request_until_the_timeout(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """An upload without progress is cut after the graceful time-out, although its own deadline is later."""
    serve = start_serve(sqlite_url, IOTCONFIG_GRACEFUL_TIMEOUT="1", IOTCONFIG_BODY_TIMEOUT="600")
    pids = serve.pids()

    with _half_an_upload(serve.client):
        serve.process.send_signal(signal.SIGTERM)
        status = serve.wait_ended()

    assert 0 == status
    wait_until(lambda: _all_gone(pids), "all processes are gone")


def test_a_reload_fails_no_request_and_logs_no_error(
    start_serve: Callable[..., Serve], database_url: str
) -> None:
    """After SIGHUP new workers start, while clients that fetch all the time get only 200.

    While the new workers hang at their start, the old ones serve; then they are replaced. Workers that were
    replaced or stopped have closed their connections before they end.
    """
    serve = start_serve(database_url, workers=2)
    _store(serve.client)
    arbiter, before = serve.web_pid(), serve.worker_pids()
    enough = Event()

    def fetch(_: int) -> list[object]:
        failures: list[object] = []
        while not enough.wait(0.01):
            try:
                status = serve.client.get(DEVICE).status
            except OSError as error:
                failures.append(error)
            else:
                if status != 200:
                    failures.append(status)
        return failures

    with ThreadPoolExecutor(1) as background:
        clients = background.submit(together, 2, fetch)
        try:
            serve.process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(serve.worker_pids()) == 2 * len(before), "new workers start")
            new = set(serve.worker_pids()) - set(before)
            for pid in new:
                os.kill(pid, signal.SIGSTOP)
            with pytest.raises(AssertionError, match="an old worker ends"):
                wait_until(lambda: not all(map(is_alive, before)), "an old worker ends", 1.5)
            for pid in new:
                os.kill(pid, signal.SIGCONT)
            wait_until(lambda: new == set(serve.worker_pids()), "the new workers are left")
        finally:
            enough.set()
        failures = clients.result()

    assert [[]] * 2 == failures
    assert arbiter == serve.web_pid()
    assert serve.process.poll() is None
    assert 0 == serve.stop()
    assert 1 == serve.output().count("listens on")
    assert [] == [line for line in serve.output().splitlines() if "Traceback" in line or "Exception" in line]


def test_an_early_reload_and_the_end_of_the_web_process(tmp_path: Path, sqlite_url: str) -> None:
    """SIGHUP before the web process handles it: the service starts all the same.

    SIGKILL of gunicorn's arbiter: `serve` exits with a status other than 0, and no worker stays.
    """
    serve = Serve(sqlite_url, tmp_path / "serve.log")
    wait_until(lambda: serve.pids()[1:], "the web process is there")

    serve.process.send_signal(signal.SIGHUP)

    with serve:
        assert 200 == serve.client.get("/api/health").status
        pids = serve.pids()
        os.kill(serve.web_pid(), signal.SIGKILL)
        status = serve.wait_ended()

    assert 0 < status
    wait_until(lambda: _all_gone(pids), "all processes are gone")


def test_a_killed_supervisor_leaves_no_process(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """SIGKILL of `serve` during a stalled upload: its processes end, and free the port.

    They do so within the graceful time-out, although the deadline of the body is later.
    """
    serve = start_serve(sqlite_url, IOTCONFIG_GRACEFUL_TIMEOUT="1", IOTCONFIG_BODY_TIMEOUT="600")
    pids = serve.pids()

    with _half_an_upload(serve.client):
        serve.process.kill()
        serve.wait_ended()
        wait_until(lambda: _all_gone(pids), "all processes are gone")

    assert _refuses(serve.client)


def test_a_killed_worker_is_replaced(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """After SIGKILL of a worker, the number of workers is as before, and they serve.

    SIGTERM during the start of a replacement ends it too, long before the graceful time-out.
    """
    serve = start_serve(sqlite_url, workers=2, IOTCONFIG_GRACEFUL_TIMEOUT="600")
    _store(serve.client)

    def replaced(victim: int) -> bool:
        workers = serve.worker_pids()
        return len(workers) == 2 and victim not in workers

    first, second = serve.worker_pids()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: replaced(first), "a worker replaces it")
    assert second in serve.worker_pids()
    assert {200} == {answer.status for answer in together(16, lambda _: serve.client.get(DEVICE))}

    os.kill(second, signal.SIGKILL)
    wait_until(lambda: replaced(second), "a worker replaces the other, too")
    assert 0 == serve.stop()


def test_two_services_share_one_database(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """Each `serve` on the machine reads the other's changes; both write concurrently."""
    clients = [start_serve(sqlite_url).client for _ in range(2)]
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
