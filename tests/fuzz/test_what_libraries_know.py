"""Methods, targets and headers that gunicorn, its compiled parser and Falcon treat specially: none causes a 500.

The lists are taken from the libraries, so that new releases are covered.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPMethod
from itertools import cycle

import pytest
from falcon import constants
from gunicorn.config import Config

from iotconfig.adapters.http.routes import ROUTES
from tests.support.api import expect_problem
from tests.support.apps import app_in_memory
from tests.support.paths import path_of
from tests.support.wire import answers, request_bytes
from tests.support.worker import PARSERS, InProcessWorker

PATHS = [path_of(route) for route in ROUTES]
REQUESTS = [(method, path) for path, route in zip(PATHS, ROUTES, strict=True) for method in route.operations]

METHODS = sorted(
    {
        *constants.COMBINED_METHODS,
        *HTTPMethod,
        *("get", "Get", "gET", "M-SEARCH", "BREW", "PRI", "X", "GO", "GET2", "G!T", "$", "-"),
        # The compiled parser counts letters.
        *("A" * length for length in (3, 20, 21, 300)),
    }
)  # fmt: skip

TARGETS = [
    "*", "/", "//", "///a", "?", "/?", "/#a", "#", "localhost:443", "[::1]:443", ":", "::", "a:b:c",
    "http:", "http://", "http:///api/health", "http://[", "http://[::1", "http://[::1]:x/api/health",
    "http://user:secret@host/api/health", "HTTP://HOST/api/health", "https://host/api/health", "ftp://host/api/health",
    "ws://host/api/configs", "javascript:alert(1)", "urn:a:b", "file:///etc/passwd", "data:,", "http://host:99999/api",
    "/api/health;a=b", "/api/health?%", "/api/health?a=%ff&a=%00", "/api/configs/%", "/api/configs/%00.json",
    "/api/configs/%2e%2e/health", "/api/configs/..", "/%C3%28", "/api/configs/%C3%28.json", "\\", "/\\", "/a|b^c",
    "/api/configs?q=%ED%A0%80", "/api/configs?limit=%D9%A1", "/" + "a/" * 2000,
]  # fmt: skip

HEADERS = sorted(
    {
        *Config().secure_scheme_headers,
        *Config().forwarder_headers,
        *(
            "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Access-Control-Request-Headers",
            "Access-Control-Request-Method", "Authorization", "Connection", "Content-Encoding", "Content-Length",
            "Content-Type", "Cookie", "Expect", "Forwarded", "Host", "HTTP2-Settings", "If-Match",
            "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Keep-Alive", "Max-Forwards",
            "Origin", "Prefer", "Proxy", "Proxy-Authorization", "Range", "Referer", "Sec-Fetch-Site",
            "Sec-WebSocket-Key", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Want-Content-Digest",
            "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-HTTP-Method-Override", "X-Request-ID",
        ),
    }
)  # fmt: skip

VALUES = [
    "", "*", ",", ";", "=", "-", "0", "-1", "+1", "1_0", "00", "9" * 25, "1, 1", "2, 3", "\u00e9", "\u00b2", "a" * 7000,
    "*/*;q=x", "*/*;q=nan, text/html;q=1.5", ";q=inf", "utf-8;q=", "bytes=", "bytes=-", "bytes=0-0,2-3", "bytes=5-1",
    "bytes=" + "9" * 25 + "-", 'W/"', 'W/"a', '"', '""', '"a" "b"', "W/*", "Sat, 31 Feb 2026 00:00:00 GMT", "now",
    "a=b; c; =d; ;;=", "$Version=1; a=\x80", "Bearer", "Bearer  a", "basic !!!", "Basic " + "A" * 51, "100-continue",
    "100-Continue, x", "h2c", "websocket", "keep-alive, Upgrade, HTTP2-Settings", "close", "chunked", "Chunked",
    "identity", "gzip", "gzip, chunked", "chunked, chunked", "chunked;a", "xchunked", "trailers", "http", "https, http",
    "on", "[::1", "[::1]:x", "a:b:c", "a:99999", ":", "user@host", "a/b", "/elsewhere", "../", "//x",
    'application/json; charset="', "application/json; charset=utf-8; charset=x", "multipart/form-data",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "b" * 200, "text", "text/", "/",
    'for="_;', 'for="[::1";by=', "none", "cross-site", "null", "data:,", "GET", "WEBSOCKET",
]  # fmt: skip


@pytest.fixture(scope="module", params=PARSERS)
def worker(request: pytest.FixtureRequest) -> Iterator[InProcessWorker]:
    """A worker on the API in memory, with each of gunicorn's parsers."""
    worker = InProcessWorker(app_in_memory(cors_origins=["https://panel.example.org"]), request.param)
    yield worker
    worker.close()


def expect_no_fault(worker: InProcessWorker, request: bytes) -> None:
    """Check that no answer is 500 or 503, and that each refusal is a problem."""
    received = worker.exchange(request).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    if request.startswith(b"HEAD "):
        received = received.partition(b"\r\n")[0] + b"\r\n\r\n"
    for answer in answers(received):
        assert answer.status not in (500, 503), (request[:300], answer.body)
        if answer.status >= 400 and not request.startswith(b"HEAD "):
            expect_problem(answer, answer.status, answer.json()["code"])


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method[:20])
def test_methods(worker: InProcessWorker, method: str) -> None:
    """Each known method is sent to each route."""
    for path in [*PATHS, "/nowhere", "*", "http://host/api/health", "host:443"]:
        expect_no_fault(worker, request_bytes(method, path))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "CONNECT", "TRACE"])
def test_targets(worker: InProcessWorker, method: str) -> None:
    """Targets have all forms of RFC 9112, section 3.2, and invalid ones."""
    for target in TARGETS:
        expect_no_fault(worker, request_bytes(method, target))


@pytest.mark.parametrize("name", HEADERS)
def test_headers(worker: InProcessWorker, name: str) -> None:
    """Each header is sent to each route, once and twice, with values in turn, so that each value is used on some route."""
    values = cycle(VALUES)
    for method, path in REQUESTS * (1 + len(VALUES) // len(REQUESTS)):
        value = next(values).encode("latin-1")
        lines = b"".join(name.encode() + b": " + given + b"\r\n" for given in (value,))
        host = b"" if name == "Host" else b"Host: 127.0.0.1\r\n"
        head = f"{method} {path} HTTP/1.1\r\n".encode() + host
        expect_no_fault(worker, head + lines + b"Connection: close\r\n\r\n{}")
        expect_no_fault(worker, head + lines + lines + b"Connection: close\r\n\r\n{}")
