"""`/api/secrets`: names and who uses them; a value goes in, and never comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service
from tests.support.secrets_keys import SETTING

VALUE = "correct horse battery staple"


@pytest.fixture
def client(start_service: Callable[..., Service]) -> Caller:
    """The API on an empty database of each kind, with a key."""
    return start_service(**SETTING).client


@pytest.fixture
def quick(start_single: Callable[..., Service]) -> Caller:
    """The same on SQLite, for what has nothing to do with the kind of database."""
    return start_single(**SETTING).client


def _set(client: Caller, name: str = "wifi-psk", value: str = VALUE, **members: str) -> Any:
    return client.send_json("PUT", f"/api/secrets/{name}", {"value": value, **members})


def test_a_secret_is_set_listed_and_removed(client: Caller) -> None:
    """No answer has its value; the header has the id of each change, which the change log has, too."""
    created = _set(client, message="new access point")
    again = _set(client)
    other = _set(client, value="another")
    listed = client.get("/api/secrets")
    removed = client.request("DELETE", "/api/secrets/wifi-psk?message=gone")

    assert (201, {"name": "wifi-psk", "revision": 1}) == (
        created.status,
        {name: created.json()[name] for name in ("name", "revision")},
    )
    assert (200, None, 1) == (again.status, again.json()["change"], again.json()["revision"])
    assert "iotconfig-change" not in again.headers
    assert (200, 2) == (other.status, other.json()["revision"])
    (secret,) = listed.json()["secrets"]
    assert ["name", "revision", "created_at", "updated_at", "used_by"] == list(secret)
    assert {"devices": 0, "sample": [], "layers": []} == secret["used_by"]
    assert 204 == removed.status
    changes = [created.json()["change"], other.json()["change"], removed.headers["iotconfig-change"]]
    log = client.get("/api/changes?order=oldest").json()["changes"]
    assert [
        ("secret", "wifi-psk", operation, revision, change, message)
        for operation, revision, change, message in zip(
            ("create", "update", "delete"),
            (1, 2, 2),
            changes,
            ("new access point", None, "gone"),
            strict=True,
        )
    ] == [
        (row["kind"], row["subject"], row["operation"], row["revision"], row["change"], row["message"])
        for row in log
    ]
    for answer in (created, again, other, listed, removed):
        assert VALUE.encode() not in answer.body


def test_a_secret_in_use_is_not_removed(client: Caller) -> None:
    """The refusal lists the devices; the list names them, too."""
    _set(client)
    macs = sorted(new_mac() for _ in range(2))
    for mac in macs:
        body = {"mac_address": mac, "content": {"wifi": {"psk": {"$secret": "wifi-psk"}}}}
        assert 201 == client.send_json("POST", "/api/configs", body).status

    refused = expect_problem(client.request("DELETE", "/api/secrets/wifi-psk"), 422, "UNPROCESSABLE")
    assert {"devices": 2, "sample": macs, "layers": []} == refused["details"]
    (secret,) = client.get("/api/secrets").json()["secrets"]
    assert {"devices": 2, "sample": macs, "layers": []} == secret["used_by"]


BAD_BODIES: dict[str, object] = {
    "no value": {},
    "empty": {"value": ""},
    "no text": {"value": 7},
    "null": {"value": None},
    "an object": {"value": {"x": VALUE}},
    "too long": {"value": VALUE * 200},
    "NUL": {"value": f"{VALUE}\0"},
    "a lone surrogate": {"value": f"{VALUE}\ud800"},
    "unknown member": {"value": VALUE, "values": VALUE},
    "no object": [VALUE],
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_value_is_refused_and_not_repeated(quick: Caller, body: object) -> None:
    """Nothing is stored, and no answer quotes what may be a secret."""
    answer = quick.send_json("PUT", "/api/secrets/wifi-psk", body)

    expect_problem(answer, 400, "VALIDATION_FAILED")
    assert VALUE.encode() not in answer.body
    assert {"secrets": []} == quick.get("/api/secrets").json()


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a" * 64, "%C3%A4", "a.json"])
def test_a_bad_name_is_refused(quick: Caller, name: str) -> None:
    """Before the body is looked at."""
    expect_problem(_set(quick, name), 400, "VALIDATION_FAILED")
    expect_problem(quick.request("DELETE", f"/api/secrets/{name}"), 400, "VALIDATION_FAILED")


def test_a_secret_that_does_not_exist(quick: Caller) -> None:
    """It cannot be removed."""
    expect_problem(quick.request("DELETE", "/api/secrets/wifi-psk"), 404, "RECORD_NOT_FOUND")


def test_without_a_key(start_single: Callable[..., Service]) -> None:
    """Secrets are listed and removed, and none is set."""
    client = start_single().client

    refused = expect_problem(_set(client), 422, "UNPROCESSABLE")
    assert "IOTCONFIG_SECRETS_KEY" in refused["error"]
    assert {"secrets": []} == client.get("/api/secrets").json()
