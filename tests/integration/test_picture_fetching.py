"""Fetches over real sockets: requests, answers and redirects."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from iotconfig.adapters.outbound import AddressPolicy, OutboundClient, Resolve, system_resolve
from iotconfig.adapters.pictures.fetcher import MAX_REDIRECTS, HttpPictureSource
from iotconfig.domain.errors import ExternalServiceError, ValidationFailed
from tests.support.picture_server import PictureServer, answer, head

TLS = ssl.create_default_context()
BODY = b"picture" * 1000


@pytest.fixture
def server() -> Iterator[PictureServer]:
    """A server at an allowed address."""
    with PictureServer() as server:
        yield server


@pytest.fixture
def other() -> Iterator[PictureServer]:
    """A server of another origin, at the same address."""
    with PictureServer() as server:
        yield server


def source(*networks: str, resolve: Resolve = system_resolve, max_bytes: int = 100_000) -> HttpPictureSource:
    """A source that may fetch from 127.0.0.1, and from these networks."""
    allowed = tuple(ip_network(network) for network in networks or ("127.0.0.1",))
    client = OutboundClient(AddressPolicy(allowed), TLS, resolve)
    return HttpPictureSource(client, 20.0, max_bytes, yield_turn=lambda: None)


def test_bodies_are_read_whole(server: PictureServer) -> None:
    """Framed by a length, by chunks, or by the end of the connection, and empty ones."""
    whole = server.on("/length", answer(BODY, Content_Type="text/html"))
    chunked = server.on(
        "/chunks", head(Transfer_Encoding="chunked"), b"3\r\npic\r\n4;x=y\r\nture\r\n0\r\nA: b\r\n\r\n"
    )
    closed = server.on("/closed", head(), BODY)
    empty = server.on("/empty", answer(b""))

    assert [BODY, b"picture", BODY, b""] == [
        source().fetch(url, {}) for url in (whole, chunked, closed, empty)
    ]


def test_a_request_is_plain(server: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the host of the URL, no compression, no cookie and no credentials, and uses no proxy."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.on("/a%20b?c=%C3%A9", answer(b""))
    source().fetch(f"http://LOCALHOST:{server.port}/a b?c=é#d", {})
    (asked,) = server.asked

    assert {"host", "accept", "accept-encoding", "connection", "user-agent"} == set(asked.headers)
    assert f"localhost:{server.port}" == asked.headers["host"]
    assert ("identity", "close") == (asked.headers["accept-encoding"], asked.headers["connection"])
    assert asked.headers["user-agent"].startswith("iotconfig/")


def test_headers_are_sent(server: PictureServer) -> None:
    """They replace our headers of the same name, except those that keep a fetch safe."""
    given = {
        "Authorization": "Bearer é",
        "User-Agent": "esp",
        "Accept-Encoding": "gzip",
        "Host": "x",
        "Connection": "y",
    }
    source().fetch(server.on("/", answer(b"")), given)
    headers = server.asked[0].headers

    assert ("Bearer é", "esp") == (headers["authorization"], headers["user-agent"])
    assert ("identity", "close") == (headers["accept-encoding"], headers["connection"])
    assert f"127.0.0.1:{server.port}" == headers["host"]


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "\0", "a\r", "\u20ac"], ids=ascii)
def test_no_header_can_be_smuggled(server: PictureServer, value: str) -> None:
    """An invalid value is refused, and nothing is sent."""
    with pytest.raises(ValidationFailed, match="not well-formed") as refusal:
        source().fetch(server.on("/", answer(b"")), {"X-A": value})

    assert {"parameter": "headers"} == refusal.value.details
    assert [] == server.asked


@pytest.mark.parametrize("status", ["301 A", "302 B", "303 C", "307 D", "308 E"])
def test_a_redirect_is_followed(server: PictureServer, status: str) -> None:
    """It is relative to the URL that redirects."""
    server.on("/x/end", answer(BODY))
    start = server.on("/x/start", head(status, Location="end#fragment"))

    assert BODY == source().fetch(start, {})
    assert ["/x/start", "/x/end"] == [asked.path for asked in server.asked]


def test_the_number_of_redirects_is_limited(server: PictureServer) -> None:
    """A loop ends at the same limit."""
    for number in range(MAX_REDIRECTS + 1):
        server.on(f"/{number}", head("302 Found", Location=f"/{number + 1}"))
    server.on(f"/{MAX_REDIRECTS + 1}", answer(BODY))

    assert BODY == source().fetch(f"{server.base}/1", {})
    with pytest.raises(ExternalServiceError, match=f"more than {MAX_REDIRECTS} times"):
        source().fetch(f"{server.base}/0", {})
    with pytest.raises(ExternalServiceError, match=f"more than {MAX_REDIRECTS} times"):
        source().fetch(server.on("/circle", head("302 Found", Location="/circle")), {})


def test_credentials_stay_within_their_origin(server: PictureServer, other: PictureServer) -> None:
    """They follow redirects within the origin only, also after a redirect back."""
    server.on("/start", head("302 Found", Location="/inside"))
    server.on("/inside", head("302 Found", Location=f"{other.base}/outside"))
    other.on("/outside", head("302 Found", Location=f"{server.base}/back"))
    server.on("/back", answer(BODY))

    assert BODY == source().fetch(f"{server.base}/start", {"Authorization": "Bearer abc", "X-Key": "1"})
    seen = [
        (asked.path, "authorization" in asked.headers, "x-key" in asked.headers) for asked in server.asked
    ]
    assert [("/start", True, True), ("/inside", True, True), ("/back", False, False)] == seen
    assert not {"authorization", "x-key"} & set(other.asked[0].headers)


def test_another_name_of_the_same_host_is_another_origin(server: PictureServer) -> None:
    """Origins are compared by name, not by address."""
    server.on("/start", head("302 Found", Location=f"http://localhost:{server.port}/end"))
    server.on("/end", answer(BODY))

    assert BODY == source().fetch(f"{server.base}/start", {"Authorization": "Bearer abc"})
    assert "authorization" not in server.asked[1].headers


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "http://user:password@127.0.0.1/", "http://127.0.0.1:0/", "//[", "gopher://x/"],
)  # fmt: skip
def test_a_redirect_to_an_invalid_url_fails(server: PictureServer, location: str) -> None:
    """The error is about the server, not about the caller's URL."""
    with pytest.raises(ExternalServiceError, match="redirected to an invalid URL"):
        source().fetch(server.on("/", head("302 Found", Location=location)), {})


def test_a_redirect_without_a_location_fails(server: PictureServer) -> None:
    """The header is required."""
    with pytest.raises(ExternalServiceError, match="without a location"):
        source().fetch(server.on("/", answer(b"", "302 Found")), {})


@pytest.mark.parametrize(
    "status",
    [
        "201 A",
        "204 B",
        "206 C",
        "300 D",
        "304 E",
        "400 F",
        "401 G",
        "403 H",
        "404 I",
        "418 J",
        "500 K",
        "503 L",
    ],
)
def test_another_status_is_reported_without_the_body(server: PictureServer, status: str) -> None:
    """The error has only the number."""
    body = b"" if status[:3] in ("204", "304") else b"secret"
    with pytest.raises(ExternalServiceError, match=f"status {status[:3]}") as failure:
        source().fetch(server.on("/", answer(body, status)), {})

    assert {"status": int(status[:3])} == failure.value.details
    assert "secret" not in str(failure.value)


def test_the_limit_of_the_size_is_inclusive(server: PictureServer) -> None:
    """This holds with a length and without."""
    whole = server.on("/whole", answer(BODY))
    closed = server.on("/closed", head(), BODY)

    assert [BODY, BODY] == [source(max_bytes=len(BODY)).fetch(url, {}) for url in (whole, closed)]


def test_larger_pictures_are_refused(server: PictureServer) -> None:
    """Refused by a declared length unread, or during the transfer."""
    announced = server.on("/announced", head(Content_Length=str(len(BODY))))
    closed = server.on("/closed", head(), BODY)
    chunked = server.on(
        "/chunked",
        head(Transfer_Encoding="chunked"),
        *(b"1\r\nx\r\n" for _ in range(len(BODY))),
        b"0\r\n\r\n",
    )
    for url in (announced, closed, chunked):
        with pytest.raises(ExternalServiceError, match=f"larger than {len(BODY) - 1} bytes"):
            source(max_bytes=len(BODY) - 1).fetch(url, {})
