"""Deadlines of a client's connection, over a real socket pair."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from attrs import evolve, frozen

from iotconfig.adapters.gunicorn.deadlines import Deadlines, DeadlineSocket, HeadersTooSlow

SHORT = 0.1
TOO_SHORT_FOR_16_KIB = 0.01
"""Seconds in which no machine moves so much byte by byte."""
LONG = 60.0
ALL_LONG = Deadlines(idle=LONG, headers=LONG, body=LONG, stall=LONG, small_body=100)
HURRIED = {"headers": evolve(ALL_LONG, headers=SHORT), "body": evolve(ALL_LONG, body=SHORT)}


@frozen
class Pair:
    """The two ends: a client's plain socket, and a server's."""

    client: socket.socket
    accepted: socket.socket

    def serve(self, deadlines: Deadlines = ALL_LONG, *, is_serving: bool = True) -> DeadlineSocket:
        return DeadlineSocket(self.accepted, deadlines, lambda: is_serving)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A connected pair that is closed when the test ends."""
    client, accepted = socket.socketpair()
    client.settimeout(LONG)
    with client, accepted:
        yield Pair(client, accepted)


def drip_until_cut(pair: Pair, served: DeadlineSocket) -> None:
    """Feed one byte for each that is read: no single read waits, so only a total can end it."""
    until = monotonic() + 20
    while monotonic() < until:
        pair.client.send(b"x")
        served.recv(1)


def test_what_arrives_in_time_is_read(pair: Pair) -> None:
    """A client in time notices nothing of the deadlines."""
    served = pair.serve()
    pair.client.sendall(b"GET / HTTP/1.1\r\n")

    assert b"GET / HTTP/1.1\r\n" == served.recv(100)


def test_silence_after_connecting_is_cut(pair: Pair) -> None:
    """A client that connects and sends nothing has the time of headers."""
    with pytest.raises(HeadersTooSlow):
        pair.serve(evolve(ALL_LONG, headers=SHORT)).recv(100)


@pytest.mark.parametrize("phase", HURRIED)
def test_a_drip_is_cut(pair: Pair, phase: str) -> None:
    """Headers and small bodies have a total: a byte now and then does not extend it."""
    served = pair.serve(HURRIED[phase])
    if phase == "body":
        served.expect_body(100)

    with pytest.raises(TimeoutError if phase == "body" else HeadersTooSlow):
        drip_until_cut(pair, served)


def test_a_next_request_has_its_own_total(pair: Pair) -> None:
    """On a kept connection, the headers' time begins with the next request's first byte."""
    served = pair.serve(evolve(ALL_LONG, headers=SHORT))
    pair.client.send(b"x")
    served.recv(1)
    served.expect_request()
    pair.client.send(b"x")

    assert b"x" == served.recv(1)
    with pytest.raises(HeadersTooSlow):
        drip_until_cut(pair, served)


def test_a_large_body_may_take_long_as_long_as_it_moves(pair: Pair) -> None:
    """A body above the small size has no total."""
    served = pair.serve(evolve(ALL_LONG, body=SHORT, stall=SHORT))
    served.expect_body(101)
    until = monotonic() + 3 * SHORT
    received = 0
    while monotonic() < until:
        pair.client.send(b"x" * 1000)
        received += len(served.recv(1000))

    assert received > 0


def test_a_large_body_that_stops_is_cut(pair: Pair) -> None:
    """A body above the small size ends when no byte moves."""
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
    """Where no next request begins, the connection ends as if the client had closed it."""
    served = pair.serve(evolve(ALL_LONG, idle=idle), is_serving=is_serving)
    pair.client.send(b"x")
    served.recv(1)
    served.expect_body(0)
    served.expect_request()

    assert b"" == served.recv(100)


def test_a_first_request_is_read_even_while_the_worker_ends(pair: Pair) -> None:
    """A connection that was accepted is answered once, whatever the worker is about to do."""
    served = pair.serve(is_serving=False)
    served.expect_request()
    pair.client.send(b"x")

    assert b"x" == served.recv(100)


def test_a_closed_client_is_no_slow_client(pair: Pair) -> None:
    """The end of the stream is an empty read, not a time-out."""
    pair.client.close()

    assert b"" == pair.serve().recv(100)


def test_a_large_answer_arrives_whole(pair: Pair) -> None:
    """Sending in blocks loses and reorders nothing, though the reader is slower than the writer."""
    answer = bytes(range(256)) * 16 * 1024
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(pair.serve(evolve(ALL_LONG, stall=LONG)).sendall, answer)
        received = bytearray()
        while len(received) < len(answer):
            received += pair.client.recv(10_000)
        sent.result(LONG)

    assert answer == bytes(received)


def test_a_reader_that_stops_is_cut(pair: Pair) -> None:
    """An answer of which no byte moves ends as if the client had gone."""
    with pytest.raises(BrokenPipeError):
        pair.serve(evolve(ALL_LONG, stall=SHORT)).sendall(b"x" * 16 * 1024 * 1024)


def test_an_empty_answer_is_sent_at_once(pair: Pair) -> None:
    """Nothing to send is no error."""
    pair.serve().sendall(b"")


def test_lingering_lets_the_client_read_the_answer(pair: Pair) -> None:
    """A client that is still sending gets the whole answer and its end, not a reset."""
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


def test_lingering_ends_with_a_client_that_never_does(pair: Pair) -> None:
    """A client that keeps silent, or sends for ever, cannot hold the connection by lingering."""
    served = pair.serve()
    served.linger()
    started = monotonic()
    served.close()

    assert -1 == pair.accepted.fileno()
    assert monotonic() - started < 20


def test_everything_else_is_the_sockets_own(pair: Pair) -> None:
    """A server that asks for the socket's other abilities gets them."""
    served = pair.serve()

    assert pair.accepted.fileno() == served.fileno()
    assert pair.accepted.getsockname() == served.getsockname()


def test_a_large_body_that_trickles_is_cut(pair: Pair) -> None:
    """A byte now and then is no progress, however much of the body is still to come."""
    served = pair.serve(evolve(ALL_LONG, stall=TOO_SHORT_FOR_16_KIB))
    served.expect_body(10_000_000)

    with pytest.raises(TimeoutError):
        drip_until_cut(pair, served)
