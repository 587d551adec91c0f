"""Two hundred clients that dawdle: they are cut in time, and a good device does not notice them."""

from __future__ import annotations

import resource
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.support.crowd import typical
from tests.support.http import Client
from tests.support.serving import Serve
from tests.support.waiting import wait_until

CLIENTS = 200
DEADLINE = 6.0
MARGIN = 12.0
"""Seconds beyond a deadline that a busy machine may take to cut two hundred connections."""

DEVICE = "/api/configs/020000000001.json"
HALF_HEADERS = b"GET /api/configs/020000000001.json HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
HALF_BODY = (
    b"POST /api/configs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 1000\r\n\r\n{"mac_address": "02:00'
)
LARGE = 1_500_000
"""Bytes of a document that no buffer between the two ends holds."""


@pytest.fixture
def serve(start_serve: Callable[..., Serve], sqlite_url: str) -> Serve:
    """Short deadlines, and one device's config."""
    serve = start_serve(
        sqlite_url,
        IOTCONFIG_IDLE_TIMEOUT="1",
        IOTCONFIG_HEADER_TIMEOUT=str(DEADLINE),
        IOTCONFIG_BODY_TIMEOUT=str(DEADLINE),
        IOTCONFIG_STALL_TIMEOUT=str(DEADLINE),
        IOTCONFIG_MAX_CONTENT_BYTES="2000000",
    )
    for path, content in ((DEVICE, {"good": True}), ("/api/configs/020000000002.json", {"x": "y" * LARGE})):
        mac = path[-17:-5]
        stored = serve.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": content})
        assert 201 == stored.status
    return serve


@contextmanager
def _crowd(client: Client, count: int, request: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have sent this much, with as little room to receive as the kernel grants."""
    with ExitStack() as stack:
        crowd = []
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.settimeout(DEADLINE + MARGIN)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Small segments keep the sender's buffer small, too.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            one.connect(client.address)
            one.sendall(request)
            crowd.append(one)
        yield crowd


def _rest(connection: socket.socket) -> bytes:
    """All that still comes, until the other side closes."""
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def _connections(serve: Serve) -> int:
    """Sockets that the workers hold open."""
    found = 0
    for pid in serve.worker_pids():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found += str(descriptor.readlink()).startswith("socket:")
            except FileNotFoundError:
                continue
    return found


@pytest.mark.parametrize(
    "sent", [pytest.param(HALF_HEADERS, id="headers"), pytest.param(HALF_BODY, id="bodies")]
)
def test_half_open_requests_are_cut_and_bother_nobody(serve: Serve, sent: bytes) -> None:
    """While 200 half requests hang, a device is served in under 100 ms; each gets its 408 in time."""
    with _crowd(serve.client, CLIENTS, sent) as crowd:
        began = monotonic()
        wait_until(lambda: _connections(serve) >= CLIENTS, "all are connected", DEADLINE)
        fetch = typical(lambda: serve.client.get(DEVICE))
        cut_meanwhile, _, _ = select.select(crowd, [], [], 0)
        answers = [_rest(one) for one in crowd]
        took = monotonic() - began

    assert [] == cut_meanwhile
    assert fetch < 0.1
    assert {b"HTTP/1.1 408 Request Timeout"} == {answer.splitlines()[0] for answer in answers}
    assert CLIENTS == sum(b"content-type: application/problem+json" in answer.lower() for answer in answers)
    assert CLIENTS == sum(b'"code": "REQUEST_TIMEOUT"' in answer for answer in answers)
    assert took < DEADLINE + MARGIN
    assert 1 == serve.client.get("/api/configs?q=02:00:00:00:00:01").json()["count"]


def test_readers_that_stop_are_cut_and_bother_nobody(serve: Serve) -> None:
    """While 200 readers of a large document read nothing, a device is served in under 100 ms; then they are gone."""
    before = _connections(serve)
    request = b"GET /api/configs/020000000002.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with _crowd(serve.client, CLIENTS, request) as crowd:
        began = monotonic()
        wait_until(lambda: _connections(serve) >= CLIENTS, "all are connected", DEADLINE)
        wait_until(lambda: len(select.select(crowd, [], [], 0)[0]) == CLIENTS, "answers begin", DEADLINE)
        fetch = typical(lambda: serve.client.get(DEVICE))
        held = _connections(serve)
        wait_until(lambda: _connections(serve) <= before, "all are cut", DEADLINE + MARGIN)
        took = monotonic() - began
        arrived = len(_rest(crowd[0]))

    assert fetch < 0.1
    assert held >= CLIENTS
    assert took < DEADLINE + MARGIN
    assert arrived < LARGE


def test_a_reader_that_is_slow_and_steady_gets_all(serve: Serve) -> None:
    """Progress counts, not the total: a document that takes longer than the deadline arrives whole."""
    request = b"GET /api/configs/020000000002.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    until = monotonic() + DEADLINE * 1.5
    received = b""
    with socket.create_connection(serve.client.address, timeout=DEADLINE + MARGIN) as reader:
        reader.sendall(request)
        while monotonic() < until:
            received += reader.recv(8192)
            # A pause: nothing is ever ready among no sockets.
            select.select([], [], [], 0.05)
        received += _rest(reader)

    assert b'{"x": "' + b"y" * LARGE + b'"}' == received.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "sent", [pytest.param(HALF_HEADERS, id="headers"), pytest.param(HALF_BODY, id="body")]
)
def test_a_trickle_is_cut_by_the_total(serve: Serve, sent: bytes) -> None:
    """A byte every half second is progress, yet the total ends it with a 408."""
    with _crowd(serve.client, 1, sent) as [connection]:
        began = monotonic()
        while not select.select([connection], [], [], 0.5)[0]:
            assert monotonic() - began < DEADLINE + MARGIN
            connection.sendall(b"x")
        answer = _rest(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "REQUEST_TIMEOUT"' in answer


def test_connections_without_a_next_request_are_closed_silently(serve: Serve) -> None:
    """After an answer, an idle connection ends without an error that nobody asked for."""
    request = f"GET {DEVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with _crowd(serve.client, CLIENTS, request) as crowd:
        began = monotonic()
        answers = [_rest(one) for one in crowd]
        took = monotonic() - began

    assert {1} == {answer.count(b"HTTP/1.1 ") for answer in answers}
    assert {b'{"good": true}'} == {answer.partition(b"\r\n\r\n")[2] for answer in answers}
    assert took < 1 + MARGIN


def test_connections_that_say_nothing_are_closed(serve: Serve) -> None:
    """Two hundred clients that only connect are gone within the headers' deadline, and bother nobody."""
    with _crowd(serve.client, CLIENTS, b"") as crowd:
        began = monotonic()
        fetch = typical(lambda: serve.client.get(DEVICE))
        for one in crowd:
            _rest(one)
        took = monotonic() - began

    assert fetch < 0.1
    assert took < DEADLINE + MARGIN


def test_a_low_limit_of_open_files_turns_nobody_away(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """Started with a soft limit that two hundred idle clients use up, the service raises it by itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (CLIENTS // 2, hard))
    try:
        serve = start_serve(sqlite_url, workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    with _crowd(serve.client, CLIENTS, HALF_HEADERS):
        wait_until(lambda: _connections(serve) >= CLIENTS, "all are connected", DEADLINE)
        health = serve.client.get("/api/health")

    assert 200 == health.status


def test_a_refused_body_that_trickles_does_not_live_on(serve: Serve) -> None:
    """A body too large to be taken buys no time: its connection is closed within the lingering after the answer."""
    head = b"POST /api/configs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000000\r\n\r\n{"
    began = monotonic()
    with socket.create_connection(serve.client.address, timeout=DEADLINE + MARGIN) as trickling:
        trickling.sendall(head)
        answer = _rest(trickling)
    took = monotonic() - began

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert took < DEADLINE + MARGIN
