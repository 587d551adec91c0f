"""Resumed downloads over real sockets; tests/http/test_asset_ranges.py has all ranges."""

from __future__ import annotations

import hashlib
import os
import socket

import pytest

from tests.support.depot import Depot, new_name
from tests.support.wire import exchange, only_answer, request_bytes

CONTENT = os.urandom(3_000_000)
TAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


@pytest.fixture(scope="module")
def path(shared_depot: Depot) -> str:
    """The path of an asset."""
    return shared_depot.uploaded(new_name(), CONTENT)


def test_two_range_headers_are_several_ranges(depot: Depot, path: str) -> None:
    """The answer is the whole asset, and the connection stays usable."""
    request = request_bytes("GET", path).replace(
        b"\r\n\r\n", b"\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n"
    )

    answer = exchange(depot.client, request)
    assert (200, CONTENT) == (answer.status, answer.body)


def _cut_off(depot: Depot, path: str, size: int, **headers: str) -> bytes:
    """The first bytes of an answer's body, after which the client disconnects."""
    with socket.create_connection(depot.client.address, timeout=30) as connection:
        connection.sendall(
            request_bytes("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        )
        received = b""
        while len(received.partition(b"\r\n\r\n")[2]) < size:
            received += connection.recv(16_384)
    return received.partition(b"\r\n\r\n")[2]


def test_a_client_resumes_a_download(depot: Depot, path: str) -> None:
    """Repeated disconnects end with the exact bytes."""
    received = b""
    while len(received) < len(CONTENT) - 500_000:
        headers = {"Range": f"bytes={len(received)}-", "If_Range": TAG} if received else {}
        received += _cut_off(depot, path, 400_000, **headers)
    rest = depot.client.get(path, Range=f"bytes={len(received)}-", If_Range=TAG)

    assert 206 == rest.status
    assert CONTENT == received + rest.body


def test_ranges_on_one_connection(depot: Depot, path: str) -> None:
    """Each answer has exactly its declared length, so the next one is parsed correctly."""
    requests = [
        request_bytes("GET", path, headers={"Range": "bytes=0-99999"}, close=False),
        request_bytes("HEAD", path, close=False),
        request_bytes("GET", path, headers={"Range": "bytes=-5"}),
    ]
    head, _, rest = depot.client.raw(b"".join(requests)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 206 ")
    assert CONTENT[:100_000] == rest[:100_000]
    head, _, rest = rest[100_000:].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert CONTENT[-5:] == only_answer(rest).body
