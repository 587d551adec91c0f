"""Slow, broken and excessive answers: every fetch ends within its limits."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from pathlib import Path
from threading import enumerate as threads

import pytest

from iotconfig.adapters.outbound import AddressPolicy, OutboundClient
from iotconfig.adapters.pictures.fetcher import HttpPictureSource
from iotconfig.domain.errors import ExternalServiceError
from tests.support.picture_server import Asked, PictureServer, Script, answer, head
from tests.support.ports import free_port
from tests.support.waiting import wait_until

TLS = ssl.create_default_context()
SECONDS = 0.5


@pytest.fixture
def server() -> Iterator[PictureServer]:
    """A server; at its end, no connection of a client is open."""
    with PictureServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threads())
    yield
    wait_until(lambda: set(threads()) <= before, "no thread is left")


def fetch(url: str, seconds: float = 20.0) -> bytes:
    policy = AddressPolicy((ip_network("127.0.0.0/8"),))
    client = OutboundClient(policy, TLS, lambda _host: ["127.0.0.1"])
    source = HttpPictureSource(client, seconds, 1_000_000, yield_turn=lambda: None)
    return source.fetch(url, {})


def trickle(server: PictureServer, *first: bytes, piece: bytes = b"x") -> Script:
    """Sends this many bytes at once, and then single ones."""

    def script(_asked: Asked) -> Iterable[bytes]:
        yield from first
        while not server.closing.wait(0.02):
            yield piece

    return script


def silence(server: PictureServer, *first: bytes) -> Script:
    """Sends this many bytes at once, and then nothing."""

    def script(_asked: Asked) -> Iterable[bytes]:
        yield from first
        server.closing.wait(20)

    return script


def slow(server: PictureServer) -> dict[str, Script]:
    long_body = head(Content_Length="1000000")
    return {
        "silence": silence(server),
        "half a status line": silence(server, b"HTTP/1.1 2"),
        "half a header": silence(server, b"HTTP/1.1 200 OK\r\nX-A: "),
        "headers that trickle": trickle(server, b"HTTP/1.1 200 OK\r\nX-A: "),
        "headers without end": trickle(server, b"HTTP/1.1 200 OK\r\n", piece=b"X: y\r\n"),
        "answers before the answer": trickle(server, piece=b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        "half a body": silence(server, long_body, b"x"),
        "a body that trickles": trickle(server, long_body),
        "a body without an end": trickle(server, head()),
        "chunks that trickle": trickle(server, head(Transfer_Encoding="chunked"), piece=b"1\r\nx\r\n"),
        "a chunk that does not come": silence(server, head(Transfer_Encoding="chunked"), b"5\r\nx"),
        "trailers that trickle": trickle(server, head(Transfer_Encoding="chunked"), b"0\r\n", piece=b"A: b\r\n"),
    }  # fmt: skip


SLOW = [
    "silence", "half a status line", "half a header", "headers that trickle", "headers without end",
    "answers before the answer", "half a body", "a body that trickles", "a body without an end", "chunks that trickle",
    "a chunk that does not come", "trailers that trickle",
]  # fmt: skip


@pytest.mark.parametrize("kind", SLOW)
def test_a_slow_server_is_cut(server: PictureServer, kind: str) -> None:
    """Single bytes do not extend the total time limit, in any part of the answer."""
    assert list(slow(server)) == SLOW
    url = server.on("/", script=slow(server)[kind])

    with pytest.raises(ExternalServiceError, match=f"took longer than {SECONDS:g} seconds"):
        fetch(url, SECONDS)


def test_redirects_share_one_bound(server: PictureServer) -> None:
    """Five slow redirects count as one fetch."""

    def script(asked: Asked) -> Iterable[bytes]:
        server.closing.wait(SECONDS / 2)
        yield head("302 Found", Location=f"{asked.path}x")

    for number in range(7):
        server.on("/" + "x" * number, script=script)

    with pytest.raises(ExternalServiceError, match="took longer"):
        fetch(f"{server.base}/", SECONDS)


def test_waiting_for_a_connection_is_bounded() -> None:
    """A full backlog drops packets, as a firewall does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with (
            socket.create_connection(address),
            pytest.raises(ExternalServiceError, match="took longer"),
        ):
            fetch(f"http://127.0.0.1:{address[1]}/", SECONDS)


def test_a_handshake_that_trickles_is_cut(server: PictureServer) -> None:
    """The TLS handshake is part of the total time limit."""
    server.at_once = trickle(server, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")

    with pytest.raises(ExternalServiceError, match="took longer"):
        fetch(f"https://127.0.0.1:{server.port}/", SECONDS)


BROKEN = {
    "nothing": [],
    "no HTTP": [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "another protocol": [b"RTSP/1.0 200 OK\r\n\r\n"],
    "no status": [b"HTTP/1.1\r\n\r\n"],
    "half a header": [b"HTTP/1.1 200 OK\r\nConte"],
    "a bad header": [b"HTTP/1.1 200 OK\r\nContent Length: 3\r\n\r\nabc"],
    "a NUL in a header": [b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"],
    "less than the length says": [head(Content_Length="1000"), b"x" * 999],
    "no length": [head(Content_Length="x")],
    "a length below none": [head(Content_Length="-1")],
    "two lengths": [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    "half a chunk": [head(Transfer_Encoding="chunked"), b"5\r\nab"],
    "no last chunk": [head(Transfer_Encoding="chunked"), b"2\r\nab\r\n"],
    "a bad chunk": [head(Transfer_Encoding="chunked"), b"zz\r\nab\r\n"],
    "another coding of the transfer": [head(Transfer_Encoding="gzip, chunked"), b"0\r\n\r\n"],
    "headers without end": [b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100_000],
    "one long header": [b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1_000_000],
    "another protocol from now on": [b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"],
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_answer_is_a_failed_fetch(server: PictureServer, kind: str) -> None:
    """All kinds have one error with a fixed sentence, and no partial picture."""
    with pytest.raises(
        ExternalServiceError, match=r"^The picture could not be fetched: its server "
    ) as failure:
        fetch(server.on("/", *BROKEN[kind]))

    assert 1 == len(str(failure.value).splitlines())


def test_a_reset_is_a_failed_fetch(server: PictureServer) -> None:
    """The connection is reset during a body."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def script(_asked: Asked) -> Iterable[bytes]:
            yield head("302 Found", Location=f"http://127.0.0.1:{listener.getsockname()[1]}/")
            connection, _ = listener.accept()
            connection.settimeout(20)
            connection.recv(65536)
            connection.sendall(head(Content_Length="10") + b"x")
            # Closing now sends a reset and not an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()

        with pytest.raises(ExternalServiceError, match="closed the connection early"):
            fetch(server.on("/", script=script))


def test_a_refused_connection_is_a_failed_fetch() -> None:
    """A closed port gets the same sentence."""
    with pytest.raises(ExternalServiceError, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "gzip, gzip"])
def test_compressed_answers_are_refused(server: PictureServer, coding: str) -> None:
    """Compression was not requested, and a few bytes may expand to gigabytes."""
    bomb = gzip.compress(bytes(5_000_000))
    with pytest.raises(ExternalServiceError, match="compressed, although it was not asked to"):
        fetch(server.on("/", answer(bomb, Content_Encoding=coding)))


def test_the_identity_coding_is_accepted(server: PictureServer) -> None:
    """`identity` is not compression."""
    assert b"x" == fetch(server.on("/", answer(b"x", Content_Encoding="Identity")))


def test_a_fetch_leaves_nothing_behind(server: PictureServer) -> None:
    """No connection, thread or descriptor stays open."""
    good, bad = server.on("/", answer(b"x")), server.on("/bad", head(Content_Length="2"), b"x")
    before = _descriptors()
    for _ in range(20):
        assert b"x" == fetch(good)
        with pytest.raises(ExternalServiceError):
            fetch(bad)

    wait_until(lambda: _descriptors() <= before, "all descriptors are closed")


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
