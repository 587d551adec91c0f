"""Requests from pages of other origins: CORS for the listed ones only, and no cross-site writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Answer, Caller
from tests.support.in_process import Service

LISTED = ["https://panel.example.org", "http://localhost:5173"]
UNLISTED = [
    "https://evil.example",
    "http://panel.example.org",
    "https://panel.example.org:8443",
    "https://panel.example.org.evil.example",
    "https://sub.panel.example.org",
    "null",
]


def _cors(answer: Answer) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control-")}


def _names(header: str) -> set[str]:
    return {name.strip().lower() for name in header.split(",")}


def _preflight(client: Caller, path: str, origin: str, method: str) -> Answer:
    return client.request(
        "OPTIONS",
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,if-match,x-request-id",
        },
    )


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/configs", "/api/configs/02ab00000001.json", "/nowhere"]
)
def test_cors_is_off_by_default(single: Service, path: str) -> None:
    """No answer allows an origin anything."""
    for origin in [*LISTED, *UNLISTED]:
        assert set() == _cors(single.client.get(path, Origin=origin))
        assert set() == _cors(_preflight(single.client, path, origin, "PUT"))


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/configs", "/api/configs/0", "/api/configs/x.json", "/nowhere"]
)
def test_a_listed_origin_may_read(tuned: Service, path: str) -> None:
    """Answers and refusals allow the origin, expose our headers, and vary by Origin."""
    for origin in LISTED:
        answer = tuned.client.get(path, Origin=origin)
        assert origin == answer.headers["access-control-allow-origin"]
        exposed = _names(answer.headers["access-control-expose-headers"])
        assert {"etag", "location", "x-request-id", "retry-after"} <= exposed
        assert "origin" in _names(answer.headers["vary"])
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", UNLISTED)
def test_an_unlisted_origin_may_not_read(tuned: Service, origin: str) -> None:
    """The answer varies by Origin, but allows nothing."""
    answer = tuned.client.get("/api/configs", Origin=origin)
    assert "access-control-allow-origin" not in answer.headers
    assert "origin" in _names(answer.headers["vary"])
    preflight = _preflight(tuned.client, "/api/configs", origin, "POST")
    assert "access-control-allow-origin" not in preflight.headers


def test_answers_without_an_origin_vary_too(tuned: Service) -> None:
    """A cache must not reuse an answer to a script for a page."""
    answer = tuned.client.get("/api/configs")
    assert "origin" in _names(answer.headers["vary"])
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/configs", {"get", "post"}),
        ("/api/configs/1", {"get", "put", "delete"}),
        ("/api/configs/by-mac/02ab00000001", {"put"}),
        ("/api/configs/02ab00000001.json", {"get"}),
    ],
)
def test_a_preflight_of_a_listed_origin_is_answered(tuned: Service, path: str, methods: set[str]) -> None:
    """It has the route's methods and the headers that our clients send."""
    for method in methods:
        answer = _preflight(tuned.client, path, LISTED[0], method.upper())
        assert answer.status in (200, 204)
        assert LISTED[0] == answer.headers["access-control-allow-origin"]
        assert methods <= _names(answer.headers["access-control-allow-methods"])
        allowed = _names(answer.headers["access-control-allow-headers"])
        assert {"content-type", "if-match", "x-request-id"} <= allowed


def _first(client: Caller) -> Any:
    return client.get("/api/configs?limit=1").json()["configs"][0]


def _forged(client: Caller, config: Any, headers: dict[str, str]) -> list[Answer]:
    """A create, a create-or-update, an update and a delete from a page of another site."""
    path = f"/api/configs/{config['id']}"
    sent = {**headers, "Content-Type": "application/json", "If-Match": "*"}
    body = json.dumps({"content": {"forged": True}}).encode()
    made = json.dumps({"mac_address": new_mac(), "content": {}}).encode()
    return [
        client.request("POST", "/api/configs", made, sent),
        client.request("PUT", f"/api/configs/by-mac/{config['mac_address']}", body, sent),
        client.request("PUT", path, body, sent),
        client.request("DELETE", path, headers=sent),
    ]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("origin", [None, *UNLISTED[:2], LISTED[0]])
def test_writes_of_other_sites_are_refused(untouched_single: Caller, site: str, origin: str | None) -> None:
    """Without CORS_ORIGINS, only pages of the service may write."""
    headers = {"Sec-Fetch-Site": site} | ({} if origin is None else {"Origin": origin})
    for answer in _forged(untouched_single, _first(untouched_single), headers):
        expect_problem(answer, 403, "AUTHORIZATION_FAILED")


@pytest.mark.parametrize("origin", [None, *UNLISTED])
def test_writes_of_unlisted_origins_are_refused(tuned: Service, origin: str | None) -> None:
    """Only the listed origins may write."""
    config = created(tuned.client, {})
    before = tuned.client.get("/api/configs").body
    headers = {"Sec-Fetch-Site": "cross-site"} | ({} if origin is None else {"Origin": origin})
    for answer in _forged(tuned.client, config, headers):
        expect_problem(answer, 403, "AUTHORIZATION_FAILED")
    assert before == tuned.client.get("/api/configs").body


@pytest.mark.parametrize("origin", LISTED)
def test_writes_of_listed_origins_are_accepted(tuned: Service, origin: str) -> None:
    """The page may read the answer."""
    config = created(tuned.client, {})
    answers = _forged(tuned.client, config, {"Sec-Fetch-Site": "cross-site", "Origin": origin})
    assert [201, 200, 200, 204] == [answer.status for answer in answers]
    assert {origin} == {answer.headers["access-control-allow-origin"] for answer in answers}


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_writes_of_own_pages_are_accepted(single: Service, site: str) -> None:
    """So are requests that a person enters in the browser."""
    config = created(single.client, {})
    answers = _forged(single.client, config, {"Sec-Fetch-Site": site})
    assert [201, 200, 200, 204] == [answer.status for answer in answers]


def test_reads_of_other_sites_are_answered(single: Service) -> None:
    """A read changes nothing, and the browser decides whether the page sees the answer."""
    assert 200 == single.client.get("/api/configs?limit=1", Sec_Fetch_Site="cross-site").status
