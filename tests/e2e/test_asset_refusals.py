"""Uploads that are refused during the transfer; tests/http/test_asset_refusals.py has all refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import expect_problem
from tests.support.depot import Depot
from tests.support.forms import Field, headers_of
from tests.support.signing import signing_key
from tests.support.wire import only_answer, request_bytes, upload

FIELDS_FIRST = ("timestamp", "signature", "file")


def _head(length: int, begin: bytes = b"") -> bytes:
    """The headers of a request, and the begin of its body."""
    headers = {**headers_of(b""), "Content-Length": str(length)}
    return request_bytes("POST", "/api/assets", begin, headers)


def _begin(parts: list[Field]) -> bytes:
    """The begin of a form whose last part is incomplete."""
    return b"".join(part.encode() for part in parts).removesuffix(b"\r\n")


def test_without_a_key_uploads_are_disabled(start_depot: Callable[..., Depot]) -> None:
    """403 before the body is read."""
    depot = start_depot(workers=1, SIGNING_KEY_PATH="")
    received, sent = upload(depot.client, _head(60_000_000), 60_000_000)
    expect_problem(only_answer(received), 403, "AUTHORIZATION_FAILED")
    assert sent < 30_000_000


def test_a_file_that_is_far_too_large_is_refused_unread(strict: Depot) -> None:
    """413 because of its length alone, while or before the client sends."""
    received, sent = upload(strict.client, _head(50_000_000), 50_000_000)
    expect_problem(only_answer(received), 413, "CONTENT_TOO_LARGE")
    assert sent < 25_000_000
    announced = only_answer(strict.client.raw(_head(100_000 + 65_536 + 1), half_close=True))
    expect_problem(announced, 413, "CONTENT_TOO_LARGE")
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
def test_an_invalid_field_is_refused_before_the_file_is_sent(
    depot: Depot, unused_name: str, options: dict[str, Any], status: int
) -> None:
    """The answer comes during the transfer, and no file is created."""
    begin = _begin(depot.fields(unused_name, b"", order=FIELDS_FIRST, **options))
    received, sent = upload(depot.client, _head(60_000_000, begin), 60_000_000 - len(begin))

    assert status == only_answer(received).status
    assert sent < 30_000_000
