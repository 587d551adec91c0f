"""Two hundred slow clients: they are cut in time, and do not affect a device."""

from __future__ import annotations

import select
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from tests.support.http import Client
from tests.support.serving import COMMAND, Serve
from tests.support.waiting import wait_until

CLIENTS = 200
EACH = CLIENTS // 4
"""Clients of each kind."""
DEADLINE = 6.0
STALL = 3.0
PATIENCE = 60.0
"""Seconds after which a connection that was not cut fails the test."""

DEVICE = "/api/configs/020000000001.json"
LARGE_DEVICE = "/api/configs/020000000002.json"
HALF_HEADERS = b"GET /api/configs/020000000001.json HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
HALF_BODY = (
    b"POST /api/configs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 1000\r\n\r\n{"mac_address": "02:00'
)
LARGE = 1_500_000
"""Bytes of a document that no buffer between the two ends holds."""


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A service with short deadlines and two configs."""
    place = tmp_path_factory.mktemp("slow-clients")
    shutil.copy(_sqlite_template, place / "configs.db")
    with Serve(
        f"sqlite:///{place / 'configs.db'}",
        place / "serve.log",
        workers=2,
        IOTCONFIG_IDLE_TIMEOUT="1",
        IOTCONFIG_HEADER_TIMEOUT=str(DEADLINE),
        IOTCONFIG_BODY_TIMEOUT=str(DEADLINE),
        IOTCONFIG_STALL_TIMEOUT=str(STALL),
        IOTCONFIG_MAX_CONTENT_BYTES="2000000",
    ) as serve:
        for path, content in ((DEVICE, {"good": True}), (LARGE_DEVICE, {"x": "y" * LARGE})):
            stored = serve.client.send_json(
                "PUT", f"/api/configs/by-mac/{path[-17:-5]}", {"content": content}
            )
            assert 201 == stored.status
        yield serve


@contextmanager
def _crowd(client: Client, count: int, request: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have sent these bytes, with the smallest receive buffer that the kernel grants."""
    with ExitStack() as stack:
        crowd = []
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.settimeout(PATIENCE)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Small segments keep the sender's buffer small, too.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            one.connect(client.address)
            one.sendall(request)
            crowd.append(one)
        yield crowd


def _rest(connection: socket.socket) -> bytes:
    """All further bytes until the other side closes."""
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def _connections(serve: Serve) -> int:
    """The number of sockets that the workers have open."""
    found = 0
    for pid in serve.worker_pids():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found += str(descriptor.readlink()).startswith("socket:")
            except FileNotFoundError:
                continue
    return found


def test_two_hundred_slow_clients_are_cut_and_delay_no_device(serve: Serve) -> None:
    """With incomplete requests, silent connections and stopped readers, a device is served; each of them is cut in time.

    Incomplete requests get 408. A byte every half second is progress, but the total time limit ends it.
    """
    before = _connections(serve)
    client = serve.client
    with (
        _crowd(client, EACH, HALF_HEADERS) as headers,
        _crowd(client, EACH, HALF_BODY) as bodies,
        _crowd(client, EACH, f"GET {LARGE_DEVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()) as readers,
        _crowd(client, EACH, b"") as silent,
        _crowd(client, 1, HALF_HEADERS) as trickling_headers,
        _crowd(client, 1, HALF_BODY) as trickling_bodies,
    ):
        wait_until(lambda: _connections(serve) >= CLIENTS, "all are connected", DEADLINE)
        wait_until(lambda: len(select.select(readers, [], [], 0)[0]) == EACH, "answers begin", DEADLINE)
        fetched = client.get(DEVICE)
        held = _connections(serve)
        cut_meanwhile = select.select([*headers, *bodies, *silent], [], [], 0)[0]
        trickling = [*trickling_headers, *trickling_bodies]
        while going := [one for one in trickling if one not in select.select(trickling, [], [], 0)[0]]:
            # The other side may close at any moment.
            with suppress(OSError):
                for one in going:
                    one.sendall(b"x")
            select.select(going, [], [], 0.5)
        answers = [_rest(one) for one in (*headers, *bodies, *trickling)]
        for one in silent:
            _rest(one)
        wait_until(lambda: _connections(serve) <= before, "all are cut")
        arrived = len(_rest(readers[0]))

    assert 200 == fetched.status
    assert [] == cut_meanwhile
    assert held >= CLIENTS
    assert {b"HTTP/1.1 408 Request Timeout"} == {answer.splitlines()[0] for answer in answers}
    for part in (b"content-type: application/problem+json", b'"code": "request_timeout"'):
        assert [] == [answer for answer in answers if part not in answer.lower()]
    assert arrived < LARGE
    assert 1 == client.get("/api/configs?q=02:00:00:00:00:01").json()["count"]


def test_a_slow_and_steady_reader_gets_the_whole_answer(serve: Serve) -> None:
    """Progress counts, not the total time, even beyond the time limit of a stop."""
    request = b"GET /api/configs/020000000002.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    until = monotonic() + STALL * 1.5
    received = b""
    with socket.create_connection(serve.client.address, timeout=PATIENCE) as reader:
        reader.sendall(request)
        while monotonic() < until:
            received += reader.recv(8192)
            # A pause: select on no sockets waits for its time-out.
            select.select([], [], [], 0.05)
        received += _rest(reader)

    assert b'{"x": "' + b"y" * LARGE + b'"}' == received.partition(b"\r\n\r\n")[2]


def test_connections_without_a_next_request_are_closed_silently(serve: Serve) -> None:
    """An idle connection ends without an error answer."""
    request = f"GET {DEVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with _crowd(serve.client, CLIENTS, request) as crowd:
        answers = [_rest(one) for one in crowd]

    assert {1} == {answer.count(b"HTTP/1.1 ") for answer in answers}
    assert {b'{"good": true}'} == {answer.partition(b"\r\n\r\n")[2] for answer in answers}


def test_a_low_limit_of_open_files_is_raised(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """With a soft limit below two hundred clients, the service raises its limit at the start."""
    # In the service's own process: the tests' may have more files open than that.
    limited = ("sh", "-c", f'ulimit -S -n {CLIENTS // 2} && exec "$@"', "sh", COMMAND)
    serve = start_serve(sqlite_url, command=limited)

    with _crowd(serve.client, CLIENTS, HALF_HEADERS):
        wait_until(lambda: _connections(serve) >= CLIENTS, "all are connected", DEADLINE)
        health = serve.client.get("/api/health")

    assert 200 == health.status


def test_a_slow_refused_body_is_closed_in_time(serve: Serve) -> None:
    """The connection is closed within the time of lingering after the answer."""
    head = b"POST /api/configs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000000\r\n\r\n{"
    with socket.create_connection(serve.client.address, timeout=PATIENCE) as trickling:
        trickling.sendall(head)
        answer = _rest(trickling)

    assert answer.startswith(b"HTTP/1.1 413 ")
