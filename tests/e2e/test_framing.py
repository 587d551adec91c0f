"""HTTP framing over real sockets: connections, malformed requests, HEAD, Content-Length."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Client
from tests.support.serving import Serve
from tests.support.wire import answers, exchange, only_answer, request_bytes

MALFORMED = {
    "no path": b"GET\r\n\r\n",
    "no version": b"GET /api/health\r\n\r\n",
    "unknown version": b"GET /api/health HTTP/9.9\r\n\r\n",
    "words": b"hello, is anybody there?\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
    "method with a slash": b"G/T /api/health HTTP/1.1\r\nHost: x\r\n\r\n",
    "header without colon": b"GET /api/health HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
    "space in a header's name": b"GET /api/health HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n",
    "space before the colon": b"GET /api/health HTTP/1.1\r\nHost: x\r\nName : 1\r\n\r\n",
    "folded header": b"GET /api/health HTTP/1.1\r\nHost: x\r\nName: 1\r\n 2\r\n\r\n",
    "NUL in a header": b"GET /api/health HTTP/1.1\r\nHost: x\r\nName: a\0b\r\n\r\n",
    "bare CR in a header": b"GET /api/health HTTP/1.1\r\nHost: x\r\nName: a\rb\r\n\r\n",
    "length of a word": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n{}",
    "negative length": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
    "signed length": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}",
    "length with underscore": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: 1_0\r\n\r\n{}",
    "two lengths": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two spaces": b"GET /api/health  HTTP/1.1\r\nHost: x\r\n\r\n",
    "unknown transfer coding": b"POST /api/configs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n",
}

OVERSIZED = {
    "request line": (b"GET /api/configs?q=" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "one header": (b"GET /api/health HTTP/1.1\r\nHost: x\r\nName: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    "many headers": (b"GET /api/health HTTP/1.1\r\nHost: x\r\n" + b"Name: 1\r\n" * 2_000 + b"\r\n", 431),
    "endless header": (b"GET /api/health HTTP/1.1\r\nHost: x\r\nName: " + b"a" * 2_000_000, 431),
}


def test_the_compiled_parser_is_used_where_it_is_installed(single: Serve, shared_uncompiled: Serve) -> None:
    """It is the default; the other server of these tests has none."""
    pytest.importorskip("gunicorn_h1c")

    assert all("gunicorn_h1c" in Path(f"/proc/{pid}/maps").read_text() for pid in single.worker_pids())
    assert not any(
        "gunicorn_h1c" in Path(f"/proc/{pid}/maps").read_text() for pid in shared_uncompiled.worker_pids()
    )


@pytest.mark.parametrize("request_text", list(MALFORMED.values()), ids=list(MALFORMED))
def test_a_malformed_request_gets_a_problem(untouched_each_parser: Client, request_text: bytes) -> None:
    """It gets 4xx as a problem, and the connection is closed."""
    answer = exchange(untouched_each_parser, request_text)
    assert answer.status in (400, 501, 505)
    expect_problem(answer, answer.status, "VALIDATION_FAILED")
    assert "close" == answer.headers["connection"].lower()


def test_a_damaged_report_costs_no_document(each_parser: Serve) -> None:
    """A control character in it, or in `If-None-Match`: the answer names the report. NUL, CR and LF are refused: 400."""
    config = created(each_parser.client, {})
    fetch = f"GET /api/configs/{config['mac_address']}.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n".encode()
    for damage, status in ((b"\x01", 200), (b"\x1b[31m", 200), (b"\x7f", 200), (b"\0", 400), (b"\r", 400)):
        report = b'Config-Report: applied; etag="e"; firmware="1%b"\r\n' % damage
        answer = exchange(each_parser.client, fetch + report + b"\r\n")
        assert (status, status == 200) == (answer.status, "config-report-error" in answer.headers)
        tag = f'If-None-Match: "{config["etag"]}'.encode() + damage + b'"\r\n'
        assert status == exchange(each_parser.client, fetch + tag + b"\r\n").status
    error = exchange(each_parser.client, fetch + b"Config-Report: applied\x01\r\n\r\n").headers[
        "config-report-error"
    ]
    assert "The header is no token with parameters (RFC 9651): at character 8 of 8." == error


@pytest.mark.parametrize(("request_text", "status"), list(OVERSIZED.values()), ids=list(OVERSIZED))
def test_an_oversized_head_gets_a_problem(
    untouched_each_parser: Client, request_text: bytes, status: int
) -> None:
    """Too large headers get a refusal that the client receives."""
    answer = exchange(untouched_each_parser, request_text)
    expect_problem(answer, status, "VALIDATION_FAILED")


def test_a_connection_serves_many_requests(each_parser: Serve) -> None:
    """A kept connection serves reads, writes and refusals, and stays open."""
    connection = http.client.HTTPConnection(*each_parser.client.address, timeout=30)
    mac = new_mac()
    body = b'{"content": {"a": 1}}'
    steps: list[tuple[str, str, bytes | None, int]] = [
        ("GET", "/api/health", None, 200),
        ("PUT", f"/api/configs/by-mac/{mac}", body, 201),
        ("GET", f"/api/configs/{mac}.json", None, 200),
        ("HEAD", f"/api/configs/{mac}.json", None, 200),
        ("PUT", f"/api/configs/by-mac/{mac}", b"[]", 400),
        ("GET", "/api/configs/0", None, 404),
        ("PATCH", "/api/configs", None, 405),
        ("GET", f"/api/configs/{mac}.json", None, 200),
    ]
    try:
        connection.connect()
        first_socket = connection.sock
        statuses = []
        for method, path, sent, _ in steps:
            connection.request(method, path, sent)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
            assert first_socket is connection.sock
    finally:
        connection.close()
    assert [status for *_, status in steps] == statuses


def test_pipelined_requests_are_answered_in_order(each_parser: Serve) -> None:
    """A write among them is processed in order, too."""
    mac = new_mac()
    write = request_bytes("PUT", f"/api/configs/by-mac/{mac}", b'{"content": {"a":1}}', close=False)
    read = request_bytes("GET", f"/api/configs/{mac}.json", close=False)
    health = request_bytes("GET", "/api/health", close=False)
    last = request_bytes("GET", "/api/configs/0")

    found = answers(each_parser.client.raw(read + write + read + health + last))

    assert [404, 201, 200, 200, 404] == [answer.status for answer in found]
    assert b'{"a":1}' == found[2].body


def test_http_1_0_is_served(each_parser: Serve) -> None:
    """Old clients get an answer with a length, and a closed connection."""
    answer = only_answer(each_parser.client.raw(b"GET /api/health HTTP/1.0\r\n\r\n"))
    assert 200 == answer.status


@pytest.mark.parametrize(
    "lines",
    [
        "X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off",
        "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http",
        "X-Forwarded-Proto: https, http\r\nX-Forwarded-Host: a, b\r\nForwarded: proto=https;host=a",
        "X-Forwarded-Protocol: ssl\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Prefix: /iot",
    ],
)
def test_forwarding_headers_are_ignored(single: Serve, lines: str) -> None:
    """Several proxies may add their own headers; nothing is built from them."""
    request = f"GET /api/auth/logout HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{lines}\r\n\r\n"

    answer = exchange(single.client, request.encode())

    assert (302, "/api/docs") == (answer.status, answer.headers["location"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "Close"},
        {"Connection": "TE , CLOSE"},
        {"Connection": "close,", "Content-Length": "000008", "Expect": "100-Continue"},
    ],
)
def test_connection_options_and_lengths_are_parsed(each_parser: Serve, headers: dict[str, str]) -> None:
    """An option to close in any case, within a list, is followed, and leading zeros of a length are accepted."""
    body = b'{"a": 1}' if "Expect" in headers else b""
    received = each_parser.client.raw(request_bytes("GET", "/api/health", body, headers, close=False))

    answer = only_answer(received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n"))
    assert (200, "close") == (answer.status, answer.headers["connection"])


@pytest.fixture
def paths(single: Serve) -> list[str]:
    """Every GET route, with and without something to show."""
    config = created(single.client, {"deviceName": "Küche"})
    return [
        "/api/health",
        "/api/configs?limit=3",
        f"/api/configs/{config['id']}",
        f"/api/configs/{config['mac_address']}.json",
        "/api/configs/0",
        "/api/configs/x.json",
        "/api/configs?limit=0",
        "/api/nowhere",
        "/",
    ]


def test_head_is_get_without_a_body(single: Serve, paths: list[str]) -> None:
    """HEAD has the status and headers of GET, the length included, and no body."""
    for path in paths:
        got = single.client.raw(request_bytes("GET", path, headers={"X-Request-ID": "same"}))
        head = single.client.raw(request_bytes("HEAD", path, headers={"X-Request-ID": "same"}))
        lines, _, body = head.partition(b"\r\n\r\n")
        assert b"" == body
        varies = (b"date:", b"content-length:") if path == "/api/health" else (b"date:",)
        assert _lines(got.partition(b"\r\n\r\n")[0], varies) == _lines(lines, varies)
        assert b"\r\ncontent-length: " in lines.lower()


def _lines(head: bytes, varies: tuple[bytes, ...]) -> list[bytes]:
    # The health answer contains ages, so its length varies.
    return [line for line in head.split(b"\r\n") if not line.lower().startswith(varies)]


def test_every_answer_has_its_length_and_is_not_compressed(single: Serve, paths: list[str]) -> None:
    """Answers are neither chunked nor encoded, whatever the client accepts: a device has no memory for either.

    Only the files of the web app are compressed, for browsers.
    """
    for path in paths:
        answer = single.client.get(path, Accept_Encoding="gzip, deflate, br, zstd", TE="trailers, gzip")
        assert str(len(answer.body)) == answer.headers["content-length"]
        assert "transfer-encoding" not in answer.headers
        assert ("content-encoding" in answer.headers) == (path == "/" and answer.status == 200)


def test_answers_without_content_have_no_body(single: Serve) -> None:
    """204 and 304 end with their headers."""
    config = created(single.client, {"a": 1})
    path = f"/api/configs/{config['id']}"
    fresh = single.client.raw(request_bytes("GET", path, headers={"If-None-Match": "*"}))
    gone = single.client.raw(request_bytes("DELETE", path))
    assert [b"304", b"204"] == [fresh.split()[1], gone.split()[1]]
    assert [b"", b""] == [text.partition(b"\r\n\r\n")[2] for text in (fresh, gone)]
    assert b"transfer-encoding" not in (fresh + gone).lower()


@pytest.mark.parametrize("method", ["FOO", "get", "PROPFIND"])
def test_an_unknown_method_is_refused(untouched_each_parser: Client, method: str) -> None:
    """It gets 4xx or 501 as a problem."""
    answer = exchange(untouched_each_parser, request_bytes(method, "/api/configs"))
    assert answer.status in (400, 405, 501)
    expect_problem(answer, answer.status, answer.json()["code"])


@pytest.mark.parametrize("host", ["127.0.0.1:abc", "127.0.0.1:80:80"])
def test_an_invalid_host_is_refused(untouched_each_parser: Client, host: str) -> None:
    """It gets 4xx, and is no failure of the service."""
    answer = untouched_each_parser.get("/api/health", Host=host)

    assert answer.status in (400, 403)


def test_no_header_moves_a_request_to_another_path(untouched_each_parser: Client) -> None:
    """Such headers would bypass a proxy's rules about paths."""
    answer = untouched_each_parser.request("GET", "/api/api/health", headers={"SCRIPT_NAME": "/api"})

    expect_problem(answer, 404, "ROUTE_NOT_FOUND")
