"""An address above its limit of connections: the slow ones are closed, and devices are served."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.support.serving import Serve
from tests.support.waiting import wait_until

MOST = 5
DEVICE = "/api/configs/020000000001.json"
SLOW = {
    "nothing": b"",
    "headers": b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "refused": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
    "body": b"POST /api/configs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
}


def _closed(crowd: list[socket.socket]) -> list[int]:
    """The connections that the service has closed, oldest first."""
    readable = select.select(crowd, [], [], 0)[0]
    return [number for number, one in enumerate(crowd) if one in readable and _is_ended(one)]


def _is_ended(connection: socket.socket) -> bool:
    """Whether the service has closed it, apart from an earlier refusal."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@pytest.mark.parametrize("kind", SLOW)
def test_slow_connections_of_one_address_are_closed(
    start_serve: Callable[..., Serve], sqlite_url: str, kind: str
) -> None:
    """The oldest are closed first, down to the limit, whatever they are slow with."""
    serve = start_serve(sqlite_url, workers=1, IOTCONFIG_CONNECTIONS_PER_ADDRESS=str(MOST))
    stored = serve.client.send_json("PUT", "/api/configs/by-mac/020000000001", {"content": {}})
    assert 201 == stored.status
    with ExitStack() as stack:
        crowd = []
        for _ in range(4 * MOST):
            crowd.append(stack.enter_context(socket.create_connection(serve.client.address, timeout=30)))
            crowd[-1].sendall(SLOW[kind])
            assert 200 == serve.client.get(DEVICE).status
        wait_until(lambda: len(_closed(crowd)) >= 2 * MOST, "the oldest are closed")
        closed = _closed(crowd)
        assert list(range(len(closed))) == closed
        assert len(crowd) - len(closed) <= 2 * MOST
    assert 0 == serve.stop()
    written = serve.output()
    assert 1 == written.count("keeps too many connections open")
    assert '"level": "error"' not in written, "no line for each of them"
    assert "Traceback" not in written


def test_connections_of_a_trusted_proxy_are_not_counted(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """The proxy has its own limits for clients."""
    serve = start_serve(
        sqlite_url,
        workers=1,
        IOTCONFIG_CONNECTIONS_PER_ADDRESS="1",
        IOTCONFIG_TRUSTED_PROXIES="127.0.0.1",
    )
    with ExitStack() as stack:
        crowd = []
        for _ in range(10):
            crowd.append(stack.enter_context(socket.create_connection(serve.client.address, timeout=30)))
            crowd[-1].sendall(SLOW["headers"])
        assert 200 == serve.client.get("/api/health/live").status
        assert [] == _closed(crowd)
