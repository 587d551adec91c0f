"""Request bodies over real sockets: too long, too short, chunked, of another type."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.http import Client
from tests.support.serving import Serve
from tests.support.wire import answers, exchange, force_upload, only_answer, request_bytes, upload

_HUGE = 200 * 1024 * 1024
_CAP = 6 * 256 * 1024 + 4096
_MARGIN_KIB = 40 * 1024


def _body() -> bytes:
    return json.dumps({"mac_address": new_mac(), "content": {"a": 1}}).encode()


def _head(length: int) -> bytes:
    return request_bytes("POST", "/api/configs", headers={"Content-Length": str(length)}, close=False)


def _peaks(serve: Serve) -> dict[int, int]:
    """The maximum memory of each worker in KiB."""
    found = {}
    for pid in serve.worker_pids():
        match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        assert match is not None
        found[pid] = int(match[1])
    return found


def _assert_no_growth(before: dict[int, int], after: dict[int, int]) -> None:
    assert list(before) == list(after)
    assert [] == [pid for pid in before if after[pid] - before[pid] > _MARGIN_KIB]


def test_a_huge_body_is_refused_unread(each_parser: Serve, untouched_each_parser: Client) -> None:
    """413 comes during the transfer, the connection ends, and no worker's memory grows."""
    before = _peaks(each_parser)
    received, sent = upload(untouched_each_parser, _head(_HUGE), _HUGE)
    answer = only_answer(received)
    expect_problem(answer, 413, "CONTENT_TOO_LARGE")
    assert "close" == answer.headers["connection"].lower()
    assert sent < _HUGE // 2
    _assert_no_growth(before, _peaks(each_parser))


def test_a_client_that_ignores_413_is_cut(each_parser: Serve, untouched_each_parser: Client) -> None:
    """The connection is closed long before the whole body was sent."""
    before = _peaks(each_parser)
    assert force_upload(untouched_each_parser, _head(_HUGE), _HUGE) < _HUGE // 2
    _assert_no_growth(before, _peaks(each_parser))


@pytest.mark.parametrize(
    "length", [_CAP + 1, _HUGE, 2**63, 10**40], ids=["cap + 1", "200 MiB", "2^63", "10^40"]
)
def test_a_declared_length_above_the_limit_gets_413(untouched_each_parser: Client, length: int) -> None:
    """The client has not sent the body yet."""
    answer = only_answer(untouched_each_parser.raw(_head(length), half_close=True))
    expect_problem(answer, 413, "CONTENT_TOO_LARGE")


def test_the_limit_of_a_body_is_inclusive(each_parser: Serve) -> None:
    """It admits content of the maximum size in its longest spelling."""
    document = '{"s": "' + "x" * (256 * 1024 - 9) + '"}'
    escaped = "".join(f"\\u{ord(character):04x}" for character in document)
    body = f'{{"content": "{escaped}"}}'.encode().ljust(_CAP)
    mac = new_mac()
    assert 201 == each_parser.client.request("PUT", f"/api/configs/by-mac/{mac}", body).status
    assert document.encode() == each_parser.client.get(f"/api/configs/{mac}.json").body


def test_a_slightly_oversized_body_is_answered_in_full(
    untouched_each_parser: Client,
) -> None:
    """A client that sends the whole body before it reads receives the refusal."""
    body = _body().ljust(_CAP + 100)
    answer = exchange(untouched_each_parser, request_bytes("POST", "/api/configs", body))
    expect_problem(answer, 413, "CONTENT_TOO_LARGE")


@pytest.mark.parametrize("chunks", [b"0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b""], ids=repr)
@pytest.mark.parametrize("target", ["POST /api/configs", "PUT /api/configs/by-mac/02ab00000001"])
def test_a_chunked_body_needs_a_length(untouched_each_parser: Client, target: str, chunks: bytes) -> None:
    """Chunks of any kind get 411, and are never decoded."""
    method, path = target.split()
    request = request_bytes(method, path, chunks, {"Transfer-Encoding": "chunked"})
    answer = exchange(untouched_each_parser, request, half_close=True)
    expect_problem(answer, 411, "LENGTH_REQUIRED")
    assert "close" == answer.headers["connection"].lower()


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "application/merge-patch+json",
        "text/json",
        "json",
        "application/json, text/plain",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
    ],
)
def test_another_media_type_is_refused(untouched_each_parser: Client, media_type: str) -> None:
    """It gets 415, whatever the body is."""
    answer = untouched_each_parser.request("POST", "/api/configs", _body(), {"Content-Type": media_type})
    expect_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)
def test_spellings_of_the_json_media_type(each_parser: Serve, media_type: str | None) -> None:
    """A missing Content-Type means JSON; any case, and UTF-8 as charset, are accepted."""
    headers = {} if media_type is None else {"Content-Type": media_type}
    assert 201 == each_parser.client.request("POST", "/api/configs", _body(), headers).status


@pytest.mark.parametrize("missing", [1, 10, 100_000])
@pytest.mark.parametrize("target", ["POST /api/configs", "PUT /api/configs/by-mac/02ab00000001"])
def test_a_body_that_ends_early_is_refused(untouched_each_parser: Client, target: str, missing: int) -> None:
    """A complete JSON text that is shorter than its Content-Length may be truncated."""
    method, path = target.split()
    body = _body() if method == "POST" else b'{"content": {}}'
    request = request_bytes(method, path, body, {"Content-Length": str(len(body) + missing)})
    expect_problem(exchange(untouched_each_parser, request, half_close=True), 400, "VALIDATION_FAILED")


def test_a_body_cut_in_the_middle_is_refused(untouched_each_parser: Client) -> None:
    """A truncated document is not stored."""
    body = _body()
    request = request_bytes("POST", "/api/configs", body[:20], {"Content-Length": str(len(body))})
    expect_problem(exchange(untouched_each_parser, request, half_close=True), 400, "VALIDATION_FAILED")


REFUSED_HEADS = {
    "too large": ("POST", "/api/configs", {"Content-Length": str(_HUGE)}, 413),
    "another media type": ("POST", "/api/configs", {"Content-Type": "text/plain"}, 415),
    "no such route": ("POST", "/api/nowhere", {}, 404),
    "method not allowed": ("PATCH", "/api/configs", {}, 405),
    "no id": ("PUT", "/api/configs/0", {}, 404),
    "no MAC address": ("PUT", "/api/configs/by-mac/x", {}, 400),
    "unknown parameter": ("POST", "/api/configs?x=1", {}, 400),
    "another site": ("POST", "/api/configs", {"Sec-Fetch-Site": "cross-site"}, 403),
    "chunked": ("POST", "/api/configs", {"Transfer-Encoding": "chunked"}, 411),
}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"), list(REFUSED_HEADS.values()), ids=list(REFUSED_HEADS)
)
def test_a_refused_body_is_never_taken_for_a_request(
    untouched_each_parser: Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """A write inside of an unread body is never executed."""
    hidden = request_bytes("POST", "/api/configs", _body())
    received = untouched_each_parser.raw(
        request_bytes(method, path, hidden, headers, close=False), half_close=True
    )
    assert [status] == [answer.status for answer in answers(received)]


def test_expect_continue_is_answered(each_parser: Serve) -> None:
    """curl expects 100 before larger bodies, and gets it and the answer."""
    body = _body()
    headers = {"Expect": "100-continue", "Content-Length": str(len(body))}
    received = each_parser.client.raw(request_bytes("POST", "/api/configs", body, headers))
    interim, _, rest = received.partition(b"\r\n\r\n")
    assert interim.startswith(b"HTTP/1.1 100 ")
    assert 201 == only_answer(rest).status
