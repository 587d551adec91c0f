"""Refused uploads: nothing is stored, no temporary file is left, and one sentence has the reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import expect_problem
from tests.support.depot import ORDER, AssetClient, new_name
from tests.support.forms import BOUNDARY, Field, form, headers_of
from tests.support.in_process import StartDepot

CONTENT = b"firmware"
FIELDS_FIRST = ("timestamp", "signature", "file")


def refused(depot: AssetClient, status: int, code: str, name: str, **options: object) -> Any:
    """The body of the refusal of an upload."""
    return expect_problem(depot.upload(name, CONTENT, **options), status, code)


@pytest.mark.parametrize("missing", ORDER)
def test_each_part_is_required(depot: AssetClient, unused_name: str, missing: str) -> None:
    """400 names the missing part."""
    body = refused(
        depot, 400, "VALIDATION_FAILED", unused_name, order=[part for part in ORDER if part != missing]
    )
    assert f"no {missing}" in body["error"]


@pytest.mark.parametrize("twice", ORDER)
def test_a_repeated_part_is_refused(depot: AssetClient, unused_name: str, twice: str) -> None:
    """400, even if both are equal."""
    body = refused(depot, 400, "VALIDATION_FAILED", unused_name, order=[*ORDER, twice])
    assert f"The part {twice} was given more than once." == body["error"]


def test_an_unknown_part_is_refused(depot: AssetClient, unused_name: str) -> None:
    """400 lists the known parts."""
    body = expect_problem(
        depot.send([*depot.fields(unused_name, CONTENT), Field("comment", b"")]), 400, "VALIDATION_FAILED"
    )
    assert 'The part "comment" is unknown: the form accepts file, timestamp, signature.' == body["error"]


def test_a_file_needs_a_name(depot: AssetClient, unused_name: str) -> None:
    """400 names the remedy."""
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
def test_other_bodies_than_forms_are_refused(
    depot: AssetClient, unused_name: str, headers: dict[str, str], status: int, code: str
) -> None:
    """The media type or the body is wrong."""
    body = form(*depot.fields(unused_name, CONTENT))
    expect_problem(depot.client.request("POST", "/api/assets", body, headers), status, code)


def test_a_form_may_have_any_boundary(depot: AssetClient) -> None:
    """A boundary has up to seventy characters (RFC 2046)."""
    for boundary in ("x", "y" * 70, "'()+_,-./:=?"):
        parts = depot.fields(new_name(), CONTENT)
        body = form(*parts).replace(BOUNDARY.encode(), boundary.encode())
        headers = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
        assert 201 == depot.client.request("POST", "/api/assets", body, headers).status


def test_a_chunked_upload_is_refused(depot: AssetClient, unused_name: str) -> None:
    """411, as for other bodies: the length must be known in advance."""
    body = form(*depot.fields(unused_name, CONTENT))
    headers = {"Transfer-Encoding": "chunked", "Content-Type": headers_of(body)["Content-Type"]}
    expect_problem(depot.client.request("POST", "/api/assets", body, headers), 411, "LENGTH_REQUIRED")


@pytest.mark.parametrize("left", [1, 40, 400])
def test_an_upload_that_is_cut_off_is_refused(depot: AssetClient, unused_name: str, left: int) -> None:
    """400, even if only the last bytes are missing."""
    body = form(*depot.fields(unused_name, CONTENT))
    headers = {**headers_of(body), "Content-Length": str(len(body))}
    answer = depot.client.request("POST", "/api/assets", body[:-left], headers)
    assert "ended after" in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]


def test_without_a_key_uploads_are_disabled(
    start_depot: StartDepot,
) -> None:
    """403 names the setting; the other routes work."""
    with start_depot(SIGNING_KEY_PATH="") as depot:
        body = refused(depot, 403, "AUTHORIZATION_FAILED", "firmware.bin")
        assert "Uploads are closed: SIGNING_KEY_PATH is not set." == body["error"]
        assert [] == depot.listed()
        assert not depot.directory.exists()


def test_the_limit_of_the_size_is_inclusive(strict: AssetClient) -> None:
    """One byte more gets 413 during the transfer."""
    name = new_name()
    assert 201 == strict.upload(name, b"x" * 100_000, strong=True).status
    larger = strict.upload(name, b"x" * 100_001, strong=True)
    assert 100_000 == expect_problem(larger, 413, "CONTENT_TOO_LARGE")["details"]["max_bytes"]

    assert b"x" * 100_000 == strict.client.get(f"/api/assets/{name}").body
    assert not any(found.startswith(".") for found in strict.on_disk())
