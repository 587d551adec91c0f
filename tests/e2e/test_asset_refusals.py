"""Uploads that are no uploads: nothing is stored, nothing is left, and one sentence says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import expect_problem
from tests.support.depot import ORDER, Depot, new_name
from tests.support.forms import BOUNDARY, Field, form, headers_of
from tests.support.signing import signing_key
from tests.support.wire import only_answer, request_bytes, upload

CONTENT = b"firmware"
FIELDS_FIRST = ("timestamp", "signature", "file")


def refused(depot: Depot, status: int, code: str, name: str, **options: object) -> Any:
    """The body of the refusal that an upload gets."""
    return expect_problem(depot.upload(name, CONTENT, **options), status, code)


@pytest.mark.parametrize("missing", ORDER)
def test_each_part_is_needed(depot: Depot, unused_name: str, missing: str) -> None:
    """400, which names the one that is missing."""
    body = refused(
        depot, 400, "VALIDATION_FAILED", unused_name, order=[part for part in ORDER if part != missing]
    )
    assert f"no {missing}" in body["error"]


@pytest.mark.parametrize("twice", ORDER)
def test_no_part_may_come_twice(depot: Depot, unused_name: str, twice: str) -> None:
    """400, though both are the same."""
    body = refused(depot, 400, "VALIDATION_FAILED", unused_name, order=[*ORDER, twice])
    assert f"The part {twice} was given more than once." == body["error"]


def test_a_part_that_nobody_knows_is_refused(depot: Depot, unused_name: str) -> None:
    """400, which names those that there are."""
    body = expect_problem(
        depot.send([*depot.fields(unused_name, CONTENT), Field("comment", b"")]), 400, "VALIDATION_FAILED"
    )
    assert 'The part "comment" is unknown: the form takes file, timestamp, signature.' == body["error"]


def test_a_file_needs_a_name(depot: Depot, unused_name: str) -> None:
    """400, and the way out."""
    parts = [Field(part.name, part.content) for part in depot.fields(unused_name, CONTENT)]
    body = expect_problem(depot.send(parts), 400, "VALIDATION_FAILED")
    assert "has no file name" in body["error"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "application/json"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"Content-Type": "application/octet-stream"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"Content-Type": "multipart/form-data"}, 400, "VALIDATION_FAILED"),
        ({"Content-Type": "multipart/form-data; boundary=other"}, 400, "VALIDATION_FAILED"),
    ],
    ids=["JSON", "bytes", "no boundary", "another boundary"],
)
def test_what_is_no_form_is_refused(
    depot: Depot, unused_name: str, headers: dict[str, str], status: int, code: str
) -> None:
    """By its media type, or by what is in it."""
    body = form(*depot.fields(unused_name, CONTENT))
    expect_problem(depot.client.request("POST", "/api/assets", body, headers), status, code)


def test_a_chunked_upload_is_refused(depot: Depot, unused_name: str) -> None:
    """411, as for other bodies: its length must be known before."""
    body = form(*depot.fields(unused_name, CONTENT))
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    headers = {"Transfer-Encoding": "chunked", "Content-Type": headers_of(body)["Content-Type"]}
    answer = only_answer(depot.client.raw(request_bytes("POST", "/api/assets", chunked, headers)))
    expect_problem(answer, 411, "LENGTH_REQUIRED")


@pytest.mark.parametrize("left", [1, 40, 400])
def test_an_upload_that_is_cut_off_is_refused(depot: Depot, unused_name: str, left: int) -> None:
    """400, even where the last bytes are missing only."""
    body = form(*depot.fields(unused_name, CONTENT))
    request = request_bytes("POST", "/api/assets", body[:-left], headers_of(body))
    answer = only_answer(depot.client.raw(request, half_close=True))
    assert "ended after" in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]


def test_without_a_key_uploads_are_closed(start_depot: Callable[..., Depot]) -> None:
    """403 before anything is read, which names the setting; all else works."""
    depot = start_depot(workers=1, SIGNING_KEY_PATH="")
    body = refused(depot, 403, "AUTHORIZATION_FAILED", "firmware.bin")
    assert "Uploads are closed: SIGNING_KEY_PATH is not set." == body["error"]
    received, sent = upload(depot.client, _head(60_000_000), 60_000_000)
    expect_problem(only_answer(received), 403, "AUTHORIZATION_FAILED")
    assert sent < 30_000_000

    assert [] == depot.listed()
    assert not depot.directory.exists()


def _head(length: int, begin: bytes = b"") -> bytes:
    """A request's headers, and the begin of its body."""
    headers = {**headers_of(b""), "Content-Length": str(length)}
    return request_bytes("POST", "/api/assets", begin, headers)


def _begin(parts: list[Field]) -> bytes:
    """The begin of a form whose last part goes on."""
    return b"".join(part.encode() for part in parts).removesuffix(b"\r\n")


def test_a_file_of_just_the_limit_is_taken_and_a_larger_one_is_not(strict: Depot) -> None:
    """413 by its length alone for one that is far too large, and while it is read for one byte more."""
    name = new_name()
    assert 201 == strict.upload(name, b"x" * 100_000, strong=True).status
    larger = strict.upload(name, b"x" * 100_001, strong=True)
    assert 100_000 == expect_problem(larger, 413, "CONTENT_TOO_LARGE")["details"]["max_bytes"]
    received, sent = upload(strict.client, _head(50_000_000), 50_000_000)
    expect_problem(only_answer(received), 413, "CONTENT_TOO_LARGE")
    assert sent < 25_000_000
    announced = only_answer(strict.client.raw(_head(100_000 + 65_536 + 1), half_close=True))
    expect_problem(announced, 413, "CONTENT_TOO_LARGE")

    assert b"x" * 100_000 == strict.client.get(f"/api/assets/{name}").body
    assert not any(found.startswith(".") for found in strict.on_disk())


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param({"signature": signing_key("another").sign("x")}, 403, id="another key"),
        pytest.param({"signature": "%"}, 400, id="no base64"),
        pytest.param({"time": "2020-01-01T00:00:00Z"}, 403, id="another time"),
        pytest.param({"time": "yesterday"}, 400, id="no time"),
    ],
)
def test_where_the_fields_come_first_a_bad_one_is_refused_before_the_file_is_sent(
    depot: Depot, unused_name: str, options: dict[str, Any], status: int
) -> None:
    """The answer comes while the client still sends, and no file was begun."""
    begin = _begin(depot.fields(unused_name, b"", order=FIELDS_FIRST, **options))
    received, sent = upload(depot.client, _head(60_000_000, begin), 60_000_000 - len(begin))

    assert status == only_answer(received).status
    assert sent < 30_000_000


def test_a_form_may_have_any_boundary(depot: Depot) -> None:
    """Up to the seventy characters that RFC 2046 allows."""
    for boundary in ("x", "y" * 70, "'()+_,-./:=?"):
        parts = depot.fields(new_name(), CONTENT)
        body = form(*parts).replace(BOUNDARY.encode(), boundary.encode())
        headers = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
        assert 201 == depot.client.request("POST", "/api/assets", body, headers).status
