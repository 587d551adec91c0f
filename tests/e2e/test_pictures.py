"""`GET /api/images/lvgl` through the real service: pictures from other servers in LVGL's format."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import ExitStack
from io import BytesIO
from threading import Thread
from urllib.parse import quote

import pytest
import trustme
from PIL import Image

from iotconfig.domain.pictures import AT_ONCE, HELD_BYTES
from tests.support.api import expect_problem
from tests.support.http import Answer
from tests.support.picture_server import Asked, PictureServer, Script, answer, head
from tests.support.pictures import (
    HEADER_BYTES,
    PATH,
    ask,
    file_of,
    header,
    jpeg_of_many_scans,
    png,
    seen,
    slow_reader,
    smooth,
)
from tests.support.serving import Serve
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "RGB"), ("JPEG", "RGB"), ("GIF", "RGB"), ("WEBP", "RGBA"), ("BMP", "RGB")],
)
def test_a_picture_is_converted_exactly(
    picture_serve: Serve, picture_server: PictureServer, kind: str, mode: str
) -> None:
    """An independent decoder gets equal pixels; the answer may not be cached."""
    file = file_of(smooth(mode, 64, 48), kind)
    found = ask(picture_serve.client, picture_server.on("/picture", answer(file)))
    with Image.open(BytesIO(file)) as image:
        expected = image.convert("RGBA").tobytes()

    assert 200 == found.status, found.body
    assert expected == seen(found.body).tobytes()
    assert ("application/octet-stream", "no-store", "nosniff", str(len(found.body))) == tuple(
        found.headers[name]
        for name in ("content-type", "cache-control", "x-content-type-options", "content-length")
    )


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({"width": "32", "height": "24"}, (32, 24)),
        ({"width": "32", "height": "32"}, (32, 24)),
        ({"width": "16"}, (16, 12)),
        ({"height": "12"}, (16, 12)),
        ({"width": "4096", "height": "4096"}, (64, 48)),
        ({}, (64, 48)),
        ({"width": "1", "height": "1"}, (1, 1)),
    ],
    ids=str,
)
def test_a_picture_is_shrunk_into_its_box(
    picture_serve: Serve, picture_server: PictureServer, parameters: dict[str, str], size: tuple[int, int]
) -> None:
    """It keeps its aspect ratio and is never enlarged; a missing side is no limit."""
    found = ask(picture_serve.client, picture_server.on("/picture", answer(png(64, 48))), None, **parameters)

    assert (0x19, 0x10, 0, *size, 4 * size[0], 0) == header(found.body)
    assert size == seen(found.body).size


def test_head_is_as_get(picture_serve: Serve, picture_server: PictureServer) -> None:
    """It has the headers without the body."""
    url = picture_server.on("/picture", answer(png()))
    got = ask(picture_serve.client, url)
    head_only = picture_serve.client.request("HEAD", f"{PATH}?url={quote(url, safe='')}")

    assert (200, b"") == (head_only.status, head_only.body)
    assert got.headers["content-length"] == head_only.headers["content-length"]


def test_every_request_fetches_anew(picture_serve: Serve, picture_server: PictureServer) -> None:
    """The pictures of cameras change."""
    pictures = iter((png(3, 3), png(5, 5)))
    url = picture_server.on("/picture", script=lambda _asked: [answer(next(pictures))])

    assert [(3, 3), (5, 5)] == [seen(ask(picture_serve.client, url).body).size for _ in range(2)]


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
def test_a_stream_gives_its_first_picture(
    picture_serve: Serve, picture_server: PictureServer, protocol: str
) -> None:
    """It is sent before the time limit of the fetch: some cameras send a second one only after a movement."""
    jpeg = file_of(smooth("RGB", 64, 48), "JPEG")

    def camera(_asked: Asked) -> Iterable[bytes]:
        start = head(Content_Type="multipart/x-mixed-replace; boundary=--frame")
        yield start.replace(b"HTTP/1.1", protocol.encode()) + b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"
        yield jpeg + b"\r\n"
        picture_server.closing.wait(20)

    found = ask(picture_serve.client, picture_server.on("/stream", script=camera))
    picture_server.closing.set()

    assert 200 == found.status, found.body
    assert (64, 48) == seen(found.body).size


def test_a_video_is_refused_at_once(picture_serve: Serve, picture_server: PictureServer) -> None:
    """It has no end, and no supported picture."""

    def film(_asked: Asked) -> Iterable[bytes]:
        yield head(Content_Type="video/mp4") + b"\0\0\0\x20ftypisom"
        picture_server.closing.wait(20)

    found = ask(picture_serve.client, picture_server.on("/film", script=film))
    picture_server.closing.set()

    assert "it is video/mp4, not a picture" in expect_problem(found, 502, "EXTERNAL_SERVICE_ERROR")["error"]


def test_named_headers_are_forwarded(picture_serve: Serve, picture_server: PictureServer) -> None:
    """No other header is forwarded, above all not the session."""
    given = {"Authorization": "Bearer abc", "X-Camera": "7", "Cookie": "session=secret", "X-Other": "1"}
    found = ask(
        picture_serve.client,
        picture_server.on("/picture", answer(png())),
        given,
        headers="authorization, X-Camera",
    )
    (asked,) = picture_server.asked

    assert 200 == found.status
    assert ("Bearer abc", "7") == (asked.headers["authorization"], asked.headers["x-camera"])
    assert not {"cookie", "x-other", "x-request-id"} & set(asked.headers)


def test_redirects_are_followed_and_checked(picture_serve: Serve, picture_server: PictureServer) -> None:
    """A redirect to any refused address is a failed fetch with one sentence."""
    picture_server.on("/picture", answer(png()))
    assert (
        200
        == ask(
            picture_serve.client, picture_server.on("/good", head("302 Found", Location="/picture"))
        ).status
    )
    sentences = set()
    with PictureServer("127.0.0.2") as private:
        for place in (
            f"{private.base}/",
            "http://169.254.169.254/",
            "http://[::ffff:127.0.0.1]/",
            "http://0x7f.2/",
        ):
            refused = ask(picture_serve.client, picture_server.on("/bad", head("302 Found", Location=place)))
            sentences.add(expect_problem(refused, 502, "EXTERNAL_SERVICE_ERROR")["error"])
        assert 0 == private.connections
    assert 1 == len(sentences)


def test_tls_is_verified(picture_serve: Serve, picture_authority: trustme.CA) -> None:
    """The certificate must be for the name in the URL, and from a trusted authority."""
    for authority, name, status in (
        (picture_authority, "localhost", 200),
        (picture_authority, "other.example", 502),
        (trustme.CA(), "localhost", 502),
    ):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        with PictureServer(tls=context) as server:
            server.on("/picture", answer(png()))
            found = ask(picture_serve.client, f"https://localhost:{server.port}/picture")
        assert status == found.status, found.body


def test_slow_fetches_do_not_block_the_worker(picture_serve: Serve, picture_server: PictureServer) -> None:
    """Slow answers, slow handshakes and slow conversions do not delay other requests of the only worker."""

    def trickle(first: bytes) -> Script:
        def script(_asked: Asked) -> Iterable[bytes]:
            yield first
            while not picture_server.closing.wait(0.05):
                yield b"x"

        return script

    bomb = picture_server.on("/bomb", answer(jpeg_of_many_scans(10_000, side=1000)))
    slow = picture_server.on("/slow", script=trickle(head()))
    found: dict[str, Answer] = {}

    def fetch(url: str) -> None:
        found[url] = ask(picture_serve.client, url)

    with PictureServer() as handshake, ExitStack() as stack:
        handshake.at_once = trickle(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        dawdling = f"https://127.0.0.1:{handshake.port}/"
        stack.callback(picture_server.closing.set)
        for url in (bomb, slow, dawdling):
            thread = Thread(target=fetch, args=(url,))
            thread.start()
            stack.callback(thread.join)
        wait_until(lambda: picture_server.connections + handshake.connections == 3, "all are under way")
        for _ in range(2):
            assert 200 == picture_serve.client.get("/api/health").status
        assert {} == found
    for url in (slow, dawdling):
        assert (
            "took longer than 3 seconds" in expect_problem(found[url], 502, "EXTERNAL_SERVICE_ERROR")["error"]
        )
    assert "takes longer than 3 seconds" in expect_problem(found[bomb], 422, "UNPROCESSABLE")["error"]


def test_many_concurrent_requests_are_served(picture_serve: Serve, picture_server: PictureServer) -> None:
    """They exceed the memory limit, so some wait for their turn."""
    url = picture_server.on("/picture", answer(png(100, 100)))
    found: list[int] = []
    threads = [Thread(target=lambda: found.append(ask(picture_serve.client, url).status)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [200] * 30 == found


def test_slow_readers_take_bounded_memory_and_no_slot(
    picture_serve: Serve, picture_server: PictureServer
) -> None:
    """Many slow readers delay no request; above 64 MiB of answers, further requests are refused."""
    large = picture_server.on("/large", answer(file_of(Image.new("RGB", (1000, 1000)), "PNG")))
    small = picture_server.on("/small", answer(png()))
    size = HEADER_BYTES + 4 * 1000 * 1000
    fit = HELD_BYTES // size
    assert AT_ONCE < fit
    with ExitStack() as stack:
        readers = [stack.enter_context(slow_reader(picture_serve.client, large)) for _ in range(fit)]
        for reader in readers:
            assert f"\r\ncontent-length: {size}\r\n".encode() in reader.recv(4096, socket.MSG_PEEK).lower()
        assert 200 == ask(picture_serve.client, small).status

        refused = ask(picture_serve.client, large)
        assert "wait to be sent" in expect_problem(refused, 429, "TOO_MANY_REQUESTS")["error"]
        assert 1 <= int(refused.headers["retry-after"])

        # One answer is read and one reader disconnects, which frees memory for two.
        assert size < len(b"".join(iter(lambda: readers[0].recv(1 << 20), b"")))
        readers[1].close()

        def is_answered() -> bool:
            return b"HTTP/1.1 200" == stack.enter_context(slow_reader(picture_serve.client, large)).recv(12)

        for _ in range(2):
            wait_until(is_answered, "there is room")
        assert 429 == ask(picture_serve.client, large).status
    wait_until(lambda: 200 == ask(picture_serve.client, large).status, "there is room")


def test_head_takes_no_memory(picture_serve: Serve, picture_server: PictureServer) -> None:
    """This holds for any number of requests, and any size of the picture."""
    large = picture_server.on("/large", answer(file_of(Image.new("RGB", (1000, 1000)), "PNG")))
    path = f"{PATH}?url={quote(large, safe='')}"

    assert {200} == {picture_serve.client.request("HEAD", path).status for _ in range(20)}


def test_a_client_that_disconnects_affects_no_other(
    picture_serve: Serve, picture_server: PictureServer
) -> None:
    """Its picture is fetched, and dropped."""
    url = picture_server.on("/picture", answer(png()))
    for _ in range(5):
        with socket.create_connection(picture_serve.client.address) as connection:
            connection.sendall(
                f"GET {PATH}?url={quote(url, safe='')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
            )

    assert 200 == ask(picture_serve.client, url).status


@pytest.mark.parametrize(
    "given",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://panel.example.org"},
    ],
    ids=str,
)
def test_own_pages_and_listed_origins_may_fetch(
    picture_serve: Serve, picture_server: PictureServer, given: dict[str, str]
) -> None:
    """The rule is that of changes."""
    assert 200 == ask(picture_serve.client, picture_server.on("/picture", answer(png())), given).status
