"""`/api/tokens` and `/api/device-tokens`: a token's text is in the answer that creates it, and nowhere else."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service

MEMBERS = ["name", "role", "state", "created_at", "expires_at", "last_used_at", "revoked_at"]


def _name() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def _listed(client: Caller, name: str) -> dict[str, object]:
    found: dict[str, object] = next(
        token for token in client.get("/api/tokens").json()["tokens"] if token["name"] == name
    )
    return found


def test_a_token_is_created_listed_and_revoked(both: Service) -> None:
    """Its text is in one answer, which no cache keeps; a revoked token stays in the list."""
    name = _name()
    body = {"name": name, "role": "viewer", "expires_at": "2099-01-01T02:00:00+02:00"}
    answer = both.client.send_json("POST", "/api/tokens", body)
    created = answer.json()

    assert (201, "no-store") == (answer.status, answer.headers["cache-control"])
    assert [*MEMBERS, "token"] == list(created)
    assert created["token"].startswith("iotc_")
    assert "2099-01-01T00:00:00.000000Z" == created["expires_at"]
    assert {**{each: created[each] for each in MEMBERS}} == _listed(both.client, name)
    assert 204 == both.client.request("DELETE", f"/api/tokens/{name}").status
    assert "revoked" == _listed(both.client, name)["state"]
    expect_problem(both.client.request("DELETE", f"/api/tokens/{name}"), 404, "RECORD_NOT_FOUND")


BAD_TOKENS: dict[str, dict[str, object]] = {
    "no role": {"name": "x"},
    "unknown role": {"name": "x", "role": "owner"},
    "role of another type": {"name": "x", "role": ["viewer"]},
    "bad name": {"name": "a b", "role": "viewer"},
    "reserved name": {"name": "Anonymous", "role": "viewer"},
    "no time": {"name": "x", "role": "viewer", "expires_at": "soon"},
    "time without offset": {"name": "x", "role": "viewer", "expires_at": "2099-01-01T00:00:00"},
    "no such day": {"name": "x", "role": "viewer", "expires_at": "2099-02-30T00:00:00Z"},
    "time as number": {"name": "x", "role": "viewer", "expires_at": 4070908800},
    "past": {"name": "x", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"},
    "unknown member": {"name": "x", "role": "viewer", "token": "iotc_mine"},
}


@pytest.mark.parametrize("body", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_bad_token_is_refused(untouched_single: Caller, body: dict[str, object]) -> None:
    """Nothing is stored."""
    expect_problem(untouched_single.send_json("POST", "/api/tokens", body), 400, "VALIDATION_FAILED")


def test_a_name_is_used_once(single: Service) -> None:
    """Not even after the token was revoked."""
    body = {"name": _name(), "role": "admin"}
    assert 201 == single.client.send_json("POST", "/api/tokens", body).status
    single.client.request("DELETE", f"/api/tokens/{body['name']}")

    refused = expect_problem(single.client.send_json("POST", "/api/tokens", body), 409, "RECORD_EXISTS")
    assert body["name"] == refused["details"]["name"]


def test_a_device_token_is_created_replaced_and_revoked(both: Service) -> None:
    """A second one is refused unless it replaces the first."""
    mac = new_mac()
    body: dict[str, object] = {"mac_address": mac.upper().replace(":", "-")}
    answer = both.client.send_json("POST", "/api/device-tokens", body)

    assert (201, "no-store") == (answer.status, answer.headers["cache-control"])
    assert mac == answer.json()["mac_address"]
    assert answer.json()["token"].startswith(f"iotd_{mac.replace(':', '')}_")
    refused = expect_problem(both.client.send_json("POST", "/api/device-tokens", body), 409, "RECORD_EXISTS")
    assert mac == refused["details"]["mac_address"]
    replaced = both.client.send_json("POST", "/api/device-tokens", {**body, "replace": True})
    assert answer.json()["token"] != replaced.json()["token"]
    assert 204 == both.client.request("DELETE", f"/api/device-tokens/{mac}").status
    expect_problem(both.client.request("DELETE", f"/api/device-tokens/{mac}"), 404, "RECORD_NOT_FOUND")


def test_devices_with_tokens_are_listed_in_pages(single: Service) -> None:
    """Sorted by MAC address; the last page says so."""
    macs = sorted(new_mac() for _ in range(3))
    for mac in macs:
        single.client.send_json("POST", "/api/device-tokens", {"mac_address": mac})
    found, cursor = [], ""
    while True:
        page = single.client.get(f"/api/device-tokens?limit=2{cursor}").json()
        assert len(page["devices"]) <= 2
        found += [device["mac_address"] for device in page["devices"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert found == sorted(found)
    assert set(macs) <= set(found)
    created_at = single.client.get("/api/device-tokens").json()["devices"][0]["created_at"]
    assert datetime.fromisoformat(created_at) < datetime.now(UTC)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=1", "all=true"])
def test_a_bad_page_is_refused(untouched_single: Caller, query: str) -> None:
    """As on other lists."""
    expect_problem(untouched_single.get(f"/api/device-tokens?{query}"), 400, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/device-tokens", {"mac_address": "nonsense"}),
        ("DELETE", "/api/device-tokens/nonsense", None),
    ],
)
def test_a_device_token_needs_a_mac_address(
    untouched_single: Caller, method: str, path: str, body: dict[str, str] | None
) -> None:
    """In any spelling, but it must be one."""
    answer = (
        untouched_single.send_json(method, path, body) if body else untouched_single.request(method, path)
    )
    expect_problem(answer, 400, "INVALID_OPERATION")
