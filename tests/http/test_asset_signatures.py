"""Authorization of uploads: a current signature of the key, used once for a name."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import expect_problem
from tests.support.depot import ORDER, AssetClient, new_name
from tests.support.forms import Field
from tests.support.in_process import StartDepot
from tests.support.signing import signing_key, timestamp

CONTENT = b"firmware"
FIELDS_FIRST = ("timestamp", "signature", "file")


def refused(depot: AssetClient, status: int, code: str, name: str, **options: object) -> Any:
    """The body of the refusal of an upload."""
    return expect_problem(depot.upload(name, CONTENT, **options), status, code)


def test_a_replay_with_other_bytes_is_refused(depot: AssetClient) -> None:
    """409 from every worker, in any spelling of the signature; the first upload stays. Another name is accepted."""
    name, other = new_name(), new_name()
    time = timestamp()
    assert 201 == depot.upload(name, CONTENT, time=time).status
    signature = depot.key.sign(time)
    for spelling in (signature, signature, f"{signature}\n", "\r\n".join(signature)):
        body = expect_problem(
            depot.upload(name, b"evil", time=time, signature=spelling), 409, "RECORD_EXISTS"
        )
        assert f"This signature was used for {name} before" in body["error"]
        assert {"name": name} == body["details"]
    refused(depot, 409, "RECORD_EXISTS", name, time=time)

    assert CONTENT == depot.client.get(f"/api/assets/{name}").body
    assert 201 == depot.upload(other, CONTENT, time=time).status
    refused(depot, 409, "RECORD_EXISTS", other, time=time)


@pytest.mark.parametrize("order", [ORDER, FIELDS_FIRST], ids=["file first", "fields first"])
def test_a_signature_of_another_key_is_refused(
    depot: AssetClient, unused_name: str, order: tuple[str, ...]
) -> None:
    """403, in any order of the parts."""
    time = timestamp()
    body = refused(
        depot,
        403,
        "AUTHORIZATION_FAILED",
        unused_name,
        time=time,
        signature=signing_key("another").sign(time),
        order=order,
    )
    assert "not made with the service's key" in body["error"]


@pytest.mark.parametrize("signature", [b"", b"\0" * 256, b"\xff" * 256, b"secret", b"x" * 4000], ids=len)
def test_random_bytes_as_a_signature(depot: AssetClient, unused_name: str, signature: bytes) -> None:
    """They are refused at any length, such as that of an HMAC."""
    refused(depot, 403, "AUTHORIZATION_FAILED", unused_name, signature=base64.b64encode(signature).decode())


@pytest.mark.parametrize(
    "signature", ["%%%", "not base64!", "abc", "x" * 8193], ids=["percent", "text", "short", "long"]
)
def test_a_signature_that_is_not_base64_is_refused(
    depot: AssetClient, unused_name: str, signature: str
) -> None:
    """400, or 413 above the maximum length."""
    status, code = (413, "CONTENT_TOO_LARGE") if len(signature) > 8192 else (400, "VALIDATION_FAILED")
    refused(depot, status, code, unused_name, signature=signature)


@pytest.mark.parametrize("seconds", [-310, 310, -86_400, 86_400], ids=str)
def test_a_timestamp_of_another_time_is_refused(depot: AssetClient, unused_name: str, seconds: int) -> None:
    """403 has the tolerance and the service's time, since one of the clocks is wrong."""
    body = refused(
        depot,
        403,
        "AUTHORIZATION_FAILED",
        unused_name,
        time=timestamp(datetime.now(UTC) + timedelta(seconds=seconds)),
    )
    assert "more than 300 s from the service's time" in body["error"]
    assert 300 == body["details"]["tolerance_seconds"]
    service_time = datetime.fromisoformat(body["details"]["service_time"])
    assert abs(datetime.now(UTC) - service_time) < timedelta(minutes=1)
    assert body["details"]["service_time"] in body["error"]


@pytest.mark.parametrize("shown", ["", "yesterday", "2026-13-45T00:00:00Z", "\udcff", "0" * 129], ids=ascii)
def test_a_text_that_is_no_timestamp_is_refused(depot: AssetClient, unused_name: str, shown: str) -> None:
    """400, or 413 above the maximum length; the text is shown escaped."""
    time = Field("timestamp", shown.encode(errors="surrogateescape"))
    parts = [part if part.name != "timestamp" else time for part in depot.fields(unused_name, CONTENT)]
    status, code = (413, "CONTENT_TOO_LARGE") if len(shown) > 128 else (400, "VALIDATION_FAILED")
    expect_problem(depot.send(parts), status, code)


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda now: f"{now.timestamp():.0f}", id="Unix seconds"),
        pytest.param(lambda now: f"{now.timestamp():.6f}", id="Unix seconds with a fraction"),
        pytest.param(lambda now: now.strftime("%Y-%m-%dT%H:%M:%SZ"), id="RFC 3339"),
        pytest.param(lambda now: now.strftime("%Y-%m-%dT%H:%M:%S.123456789Z"), id="nanoseconds"),
        pytest.param(lambda now: now.strftime("%Y-%m-%dT%H:%M:%S"), id="naive"),
        pytest.param(lambda now: (now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00"), id="offset"),
        pytest.param(lambda now: now.strftime("%Y-%m-%dT%H:%M:%SZ\n"), id="with a line break"),
    ],
)
def test_timestamps_of_pipelines_are_accepted(depot: AssetClient, spell: Callable[[datetime], str]) -> None:
    """The signature is of the timestamp exactly as sent."""
    answer = depot.upload(new_name(), CONTENT, time=spell(datetime.now(UTC)))
    assert 201 == answer.status, answer.body


@pytest.mark.parametrize("order", [ORDER, FIELDS_FIRST], ids=["file first", "fields first"])
def test_a_plain_signature_is_refused_if_the_stronger_form_is_required(
    strict: AssetClient, order: tuple[str, ...]
) -> None:
    """403, also for a strong one of another name or other bytes; the right one is accepted once."""
    name, other = new_name(), new_name()
    time = timestamp()
    body = refused(strict, 403, "AUTHORIZATION_FAILED", name, order=order)
    assert "covers the timestamp only" in body["error"]
    signature = strict.key.sign_strongly(time, name, CONTENT)
    refused(strict, 403, "AUTHORIZATION_FAILED", other, time=time, signature=signature, order=order)
    evil = strict.upload(name, b"evil", time=time, signature=signature, order=order)
    expect_problem(evil, 403, "AUTHORIZATION_FAILED")
    assert [] == [found for found in strict.on_disk() if found in (name, other) or found.startswith(".")]

    assert 201 == strict.upload(name, CONTENT, time=time, signature=signature, order=order).status
    refused(strict, 409, "RECORD_EXISTS", name, time=time, signature=signature, order=order)


def test_the_tolerance_is_a_setting(strict: AssetClient) -> None:
    """More than a minute is refused if a minute is allowed."""
    body = refused(
        strict,
        403,
        "AUTHORIZATION_FAILED",
        new_name(),
        time=timestamp(datetime.now(UTC) - timedelta(seconds=65)),
    )
    assert 60 == body["details"]["tolerance_seconds"]


def test_a_replay_after_a_restart_and_a_deletion_is_refused(
    start_depot: StartDepot,
) -> None:
    """Used signatures are in the database; deleting the asset keeps them."""
    time = timestamp()
    with start_depot() as depot:
        path = f"/api/assets/{depot.upload('firmware.bin', CONTENT, time=time).json()['name']}"
        assert 204 == depot.client.request("DELETE", path).status
    with start_depot() as again:
        refused(again, 409, "RECORD_EXISTS", "firmware.bin", time=time)
        assert [] == again.listed()
