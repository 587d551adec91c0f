"""Deadlines of a client's connection, over a real socket pair."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from types import SimpleNamespace

import pytest
from attrs import evolve, frozen

from iotconfig.adapters.gunicorn.deadlines import Deadlines, DeadlineSocket, HeadersTooSlow
from tests.support.waiting import wait_until

SHORT = 0.1
TOO_SHORT_FOR_16_KIB = 0.01
"""Seconds in which no machine moves so much byte by byte."""
LONG = 60.0
ALL_LONG = Deadlines(idle=LONG, headers=LONG, body=LONG, stall=LONG, small_body=100)
HURRIED = {"headers": evolve(ALL_LONG, headers=SHORT), "body": evolve(ALL_LONG, body=SHORT)}


@frozen
class Pair:
    """A client's plain socket and the server's end."""

    client: socket.socket
    accepted: socket.socket

    def serve(self, deadlines: Deadlines = ALL_LONG, *, is_serving: bool = True) -> DeadlineSocket:
        return DeadlineSocket(self.accepted, deadlines, SimpleNamespace(alive=is_serving))


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A connected pair, closed at the end of the test."""
    client, accepted = socket.socketpair()
    client.settimeout(LONG)
    with client, accepted:
        yield Pair(client, accepted)


def send_slowly_until_cut(pair: Pair, served: DeadlineSocket) -> None:
    """Send one byte for each byte that is read: no single read blocks, so only a total limit can end it."""
    until = monotonic() + 20
    while monotonic() < until:
        pair.client.send(b"x")
        served.recv(1)


def test_data_in_time_is_read(pair: Pair) -> None:
    """The deadlines do not affect a client that sends in time."""
    served = pair.serve()
    pair.client.sendall(b"GET / HTTP/1.1\r\n")

    assert b"GET / HTTP/1.1\r\n" == served.recv(100)


def test_a_silent_connection_is_cut(pair: Pair) -> None:
    """A client that connects and sends nothing is cut after the time limit of headers."""
    with pytest.raises(HeadersTooSlow):
        pair.serve(evolve(ALL_LONG, headers=SHORT)).recv(100)


@pytest.mark.parametrize("phase", HURRIED)
def test_single_bytes_do_not_extend_the_total(pair: Pair, phase: str) -> None:
    """Headers and small bodies have a total time limit, whatever arrives meanwhile."""
    served = pair.serve(HURRIED[phase])
    if phase == "body":
        served.expect_body(100)

    with pytest.raises(TimeoutError if phase == "body" else HeadersTooSlow):
        send_slowly_until_cut(pair, served)


def test_a_next_request_has_its_own_total(pair: Pair) -> None:
    """On a kept connection, the time limit of headers starts at the next request's first byte."""
    served = pair.serve(evolve(ALL_LONG, headers=SHORT))
    pair.client.send(b"x")
    served.recv(1)
    served.expect_request()
    pair.client.send(b"x")

    assert b"x" == served.recv(1)
    with pytest.raises(HeadersTooSlow):
        send_slowly_until_cut(pair, served)


def test_a_large_body_in_progress_is_not_cut(pair: Pair) -> None:
    """A body above the small size has no total time limit."""
    served = pair.serve(evolve(ALL_LONG, body=SHORT, stall=SHORT))
    served.expect_body(101)
    until = monotonic() + 3 * SHORT
    received = 0
    while monotonic() < until:
        pair.client.send(b"x" * 1000)
        received += len(served.recv(1000))

    assert received > 0


def test_a_large_body_that_stops_is_cut(pair: Pair) -> None:
    """A body above the small size is cut when no byte arrives for the idle time limit."""
    served = pair.serve(evolve(ALL_LONG, stall=SHORT))
    served.expect_body(101)
    pair.client.send(b"x")

    assert b"x" == served.recv(100)
    with pytest.raises(TimeoutError):
        served.recv(100)


@pytest.mark.parametrize(
    ("is_serving", "idle"),
    [pytest.param(True, SHORT, id="nothing-comes"), pytest.param(False, LONG, id="the-worker-ends")],
)
def test_an_idle_connection_ends_quietly(pair: Pair, is_serving: bool, idle: float) -> None:
    """If no next request begins, the connection ends as if the client had closed it."""
    served = pair.serve(evolve(ALL_LONG, idle=idle), is_serving=is_serving)
    pair.client.send(b"x")
    served.recv(1)
    served.expect_body(0)
    served.expect_request()

    assert b"" == served.recv(100)


def test_a_first_request_is_read_even_while_the_worker_ends(pair: Pair) -> None:
    """The first request on an accepted connection is read although the worker is ending."""
    served = pair.serve(is_serving=False)
    pair.client.send(b"x")

    assert b"x" == served.recv(100)


def test_a_closed_connection_is_not_a_timeout(pair: Pair) -> None:
    """The end of the stream is an empty read."""
    pair.client.close()

    assert b"" == pair.serve().recv(100)


def test_a_large_answer_arrives_whole(pair: Pair) -> None:
    """Sending in blocks neither loses nor reorders bytes, though the reader is slower than the writer."""
    answer = bytes(range(256)) * 16 * 1024
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(pair.serve(evolve(ALL_LONG, stall=LONG)).sendall, answer)
        received = bytearray()
        while len(received) < len(answer):
            received += pair.client.recv(10_000)
        sent.result(LONG)

    assert answer == bytes(received)


def test_a_reader_that_stops_is_cut(pair: Pair) -> None:
    """Sending ends as if the client had gone when no byte of the answer moves."""
    with pytest.raises(BrokenPipeError):
        pair.serve(evolve(ALL_LONG, stall=SHORT)).sendall(b"x" * 16 * 1024 * 1024)


def test_an_empty_answer_is_sent_at_once(pair: Pair) -> None:
    """Sending nothing is not an error."""
    pair.serve().sendall(b"")


def test_a_head_is_sent_together_with_the_body(pair: Pair) -> None:
    """Head and body are one packet: a device's radio wakes once."""
    served = pair.serve()
    served.holds_head = True
    served.sendall(b"head, ")
    pair.client.setblocking(False)
    with pytest.raises(BlockingIOError):
        pair.client.recv(100)
    served.sendall(b"body")

    assert b"head, body" == pair.client.recv(100)


@pytest.mark.parametrize("end", [DeadlineSocket.expect_request, DeadlineSocket.close])
def test_a_head_without_a_body_is_sent_at_the_end(pair: Pair, end: Callable[[DeadlineSocket], None]) -> None:
    """An answer to HEAD, or with status 304, has no body."""
    served = pair.serve()
    served.holds_head = True
    served.sendall(b"head")
    end(served)

    assert b"head" == pair.client.recv(100)


def test_the_head_for_a_client_that_is_gone_is_dropped(pair: Pair) -> None:
    """The end of a connection raises nothing."""
    served = pair.serve()
    served.holds_head = True
    served.sendall(b"head")
    pair.client.close()
    served.close()

    assert -1 == pair.accepted.fileno()


def test_lingering_lets_the_client_read_the_answer(pair: Pair) -> None:
    """A client that is still sending receives the whole answer and its end, not a reset."""
    served = pair.serve()
    pair.client.sendall(b"x" * 10_000)
    served.linger()
    served.sendall(b"413")
    with ThreadPoolExecutor() as pool:
        closed = pool.submit(served.close)
        received = pair.client.recv(100) + pair.client.recv(100)
        pair.client.sendall(b"more")
        pair.client.shutdown(socket.SHUT_WR)
        closed.result(LONG)

    assert b"413" == received
    assert -1 == pair.accepted.fileno()


def test_lingering_is_bounded(pair: Pair) -> None:
    """A client that is silent, or never stops sending, does not keep the connection open."""
    served = pair.serve()
    served.linger()
    started = monotonic()
    served.close()

    assert -1 == pair.accepted.fileno()
    assert monotonic() - started < 20


def test_other_members_are_those_of_the_socket(pair: Pair) -> None:
    """The server can use the socket's other methods and attributes."""
    served = pair.serve()

    assert pair.accepted.fileno() == served.fileno()
    assert pair.accepted.getsockname() == served.getsockname()


def test_a_large_body_that_trickles_is_cut(pair: Pair) -> None:
    """Single bytes do not count as progress of a large body."""
    served = pair.serve(evolve(ALL_LONG, stall=TOO_SHORT_FOR_16_KIB))
    served.expect_body(10_000_000)

    with pytest.raises(TimeoutError):
        send_slowly_until_cut(pair, served)


@pytest.mark.parametrize("kind", ["closed", "unread"])
def test_a_client_that_has_left_is_noticed(kind: str) -> None:
    """Without reading or sending, also where it had sent more; while it is there, nothing is noticed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
    with accepted:
        served = Pair(client, accepted).serve()
        if kind == "unread":
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert not served.has_left()
        client.close()
        wait_until(served.has_left, "the kernel has heard of it")


def test_whether_a_local_client_has_left_is_unknown(pair: Pair) -> None:
    """A UNIX domain socket has no such state: sending fails later."""
    served = pair.serve()
    pair.client.close()

    assert not served.has_left()
