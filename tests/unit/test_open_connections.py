"""Too many connections from one address: the connections that are closed, and the ones that are refused."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_network
from threading import Thread
from types import SimpleNamespace

import pytest
from attrs import define

from iotconfig.adapters.gunicorn.deadlines import Deadlines, DeadlineSocket
from iotconfig.adapters.gunicorn.open_connections import OpenConnections
from tests.support.waiting import wait_until

HERE, THERE = "192.0.2.1", "198.51.100.7"


@define(eq=False)
class Client:
    """A connection whose client has kept the worker waiting for some seconds; None while the worker handles its request."""

    seconds: float | None
    is_cut: bool = False

    def waited(self) -> float | None:
        return self.seconds

    def cut(self) -> None:
        self.is_cut = True


def admitted(connections: OpenConnections, waited: list[float | None], source: str = HERE) -> list[Client]:
    clients = [Client(seconds) for seconds in waited]
    for client in clients:
        assert connections.admit(source, client)
    return clients


def cut(clients: list[Client]) -> list[int]:
    return [number for number, client in enumerate(clients) if client.is_cut]


def test_the_slowest_connection_is_closed() -> None:
    """Above the limit, each new connection closes the one with the longest wait, and no other."""
    connections = OpenConnections(most=3, most_in_all=100)
    elsewhere = admitted(connections, [9.0] * 3, THERE)
    clients = admitted(connections, [2.0, 5.0, None])
    admitted(connections, [0.0])
    assert [1] == cut(clients)
    admitted(connections, [0.0])
    assert [0, 1] == cut(clients)
    assert [] == cut(elsewhere)


def test_a_burst_of_fast_connections_is_admitted() -> None:
    """Many devices behind one address may connect at once: none is slow yet, and none is closed."""
    connections = OpenConnections(most=3, most_in_all=100)
    clients = admitted(connections, [None, 0.5, 0.2, None, 0.1, 0.0])
    assert [] == cut(clients)
    # At twice the limit, fast senders are preferred to slow ones.
    admitted(connections, [0.0])
    assert [1] == cut(clients)


def test_a_connection_above_twice_the_limit_is_refused() -> None:
    """A connection with a request in progress is never closed; when one has ended, another is admitted."""
    connections = OpenConnections(most=3, most_in_all=100)
    clients = admitted(connections, [None] * 6)
    new = Client(None)
    assert not connections.admit(HERE, new)
    connections.leave(HERE, new)
    connections.leave(HERE, clients[0])
    assert connections.admit(HERE, new)
    assert [] == cut(clients)


def test_in_a_full_worker_the_busiest_address_loses_one() -> None:
    """Many addresses with a few connections each fill a worker; a device from another address is admitted."""
    connections = OpenConnections(most=10, most_in_all=6)
    crowd = admitted(connections, [0.5] * 4)
    few = admitted(connections, [9.0] * 2, THERE)
    admitted(connections, [0.0], "203.0.113.5")
    assert 1 == len(cut(crowd))
    assert [] == cut(few)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        (("192.0.2.1", 5000), "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 5000, 0, 0), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.1", 5000, 0, 0), "192.0.2.1"),
        (("10.1.2.3", 5000), None),
        ("", None),
        (b"", None),
    ],
)
def test_the_address_that_a_connection_counts_for(address: object, source: str | None) -> None:
    """It is the IPv4 address, the IPv6 network of a customer, or none for a trusted proxy."""
    connections = OpenConnections(3, 100, (ip_network("10.0.0.0/8"),))
    assert connections.source(address) == source


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, DeadlineSocket]]:
    """A client, and the worker's end."""
    client, accepted = socket.socketpair()
    with client, accepted:
        yield client, DeadlineSocket(accepted, Deadlines(), SimpleNamespace(alive=True))


def test_a_connection_reports_that_it_waits(pair: tuple[socket.socket, DeadlineSocket]) -> None:
    """It reports a wait only while its client has to send; when it is cut, the wait ends as if the client had gone."""
    client, connection = pair
    client.send(b"G")
    received = [connection.recv(1)]
    assert connection.waited() is None
    reading = Thread(target=lambda: received.append(connection.recv(1)))
    reading.start()
    with closing(connection):
        wait_until(lambda: connection.waited() is not None, "it is waited for")
        connection.cut()
        reading.join(20)
    assert [b"G", b""] == received


def test_a_client_that_does_not_read_counts_as_slow(pair: tuple[socket.socket, DeadlineSocket]) -> None:
    """A blocked send is a wait for the client."""
    client, connection = pair
    failed: list[OSError] = []

    def send() -> None:
        try:
            connection.sendall(bytes(1 << 24))
        except OSError as error:
            failed.append(error)

    sending = Thread(target=send)
    sending.start()
    wait_until(lambda: connection.waited() is not None, "it is waited for")
    connection.cut()
    sending.join(20)
    assert 1 == len(failed)
    assert client.fileno() > 0


def test_a_wait_that_gevent_cancels_ends_the_connection() -> None:
    """It ends as if the client had gone; gunicorn would log another error with a traceback for each connection."""

    class Cut:
        def gettimeout(self) -> float | None:
            return None

        def settimeout(self, seconds: float) -> None: ...

        def shutdown(self, how: int) -> None: ...

        def recv(self, size: int) -> bytes:
            connection.cut()
            raise OSError(errno.EBADF, "File descriptor was closed in another greenlet")

    connection = DeadlineSocket(Cut(), Deadlines(), SimpleNamespace(alive=True))  # type: ignore[arg-type] # what it uses of one
    with pytest.raises(ConnectionResetError):
        connection.recv(1)
    connection.expect_body(1)
    with pytest.raises(ConnectionResetError):
        connection.recv(1)
