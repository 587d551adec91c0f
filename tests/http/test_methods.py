"""Unsupported methods, unknown paths, and request ids."""

from __future__ import annotations

import re

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service

ROUTES = {
    "/api/health": {"GET", "HEAD", "OPTIONS"},
    "/api/configs": {"GET", "HEAD", "OPTIONS", "POST"},
    "/api/configs/by-mac/02ab00000001": {"OPTIONS", "PUT"},
    "/api/configs/import": {"OPTIONS", "POST"},
    "/api/configs/export": {"GET", "HEAD", "OPTIONS"},
    "/api/configs/patch": {"OPTIONS", "POST"},
    "/api/configs/1": {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"},
    "/api/configs/1/revisions": {"GET", "HEAD", "OPTIONS"},
    "/api/configs/1/revisions/1": {"GET", "HEAD", "OPTIONS"},
    "/api/configs/1/diff": {"GET", "HEAD", "OPTIONS"},
    "/api/configs/1/rollback": {"OPTIONS", "POST"},
    "/api/configs/1/replace-device": {"OPTIONS", "POST"},
    "/api/configs/02ab00000001.json": {"GET", "HEAD", "OPTIONS"},
    "/api/images/lvgl": {"GET", "HEAD", "OPTIONS"},
    "/api/deleted-configs": {"GET", "HEAD", "OPTIONS"},
    "/api/deleted-configs/1/restore": {"OPTIONS", "POST"},
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"]
NOT_ALLOWED = [
    (method, path) for path, allowed in ROUTES.items() for method in METHODS if method not in allowed
]


def _allowed(header: str) -> set[str]:
    return {method.strip() for method in header.split(",")}


@pytest.mark.parametrize(("method", "path"), NOT_ALLOWED)
def test_unsupported_methods(untouched_single: Caller, method: str, path: str) -> None:
    """405 has Allow with the exact methods of the route."""
    answer = untouched_single.request(method, path)
    expect_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert ROUTES[path] == _allowed(answer.headers["allow"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
def test_a_document_cannot_be_written(untouched_single: Caller, method: str) -> None:
    """The device route has no write method, with or without a document."""
    config = untouched_single.get("/api/configs?limit=1").json()["configs"][0]
    path = f"/api/configs/{config['mac_address']}.json"
    answer = untouched_single.send_json(method, path, {"content": {}})
    expect_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert {"GET", "HEAD", "OPTIONS"} == _allowed(answer.headers["allow"])


@pytest.mark.parametrize("path", list(ROUTES))
def test_options_lists_the_methods(single: Service, path: str) -> None:
    """It is a success without content, with Allow."""
    answer = single.client.request("OPTIONS", path)
    assert answer.status in (200, 204)
    assert b"" == answer.body
    assert ROUTES[path] == _allowed(answer.headers["allow"]) | {"OPTIONS"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/nowhere",
        "/api/configs/1/2",
        "/api/configs/by-mac/02ab00000001/x",
        "/API/configs",
        "/api/configs/../health",
        "/favicon.ico",
        "/api/config%00s",
        "/%ff",
        "/<script>",
    ],
)
def test_unknown_paths(untouched_single: Caller, path: str, method: str) -> None:
    """Every method gets a problem with 404."""
    expect_problem(untouched_single.request(method, path), 404, "ROUTE_NOT_FOUND")


@pytest.mark.parametrize("path", ["/api/configs/", "/api/health/"])
def test_a_trailing_slash_is_not_a_route(untouched_single: Caller, path: str) -> None:
    """The refusal is about the route, not about a config."""
    expect_problem(untouched_single.get(path), 404, "ROUTE_NOT_FOUND")


def test_a_crafted_path_is_returned_as_text(single: Service) -> None:
    """The quoted path is escaped, and browsers do not treat the answer as a page."""
    answer = single.client.get("/api/configs/%3Cscript%3E%22%0A.json")
    expect_problem(answer, 400, "INVALID_OPERATION")
    assert "nosniff" == answer.headers["x-content-type-options"]


@pytest.mark.parametrize("given", ["a", "A-z_0.9", "x" * 128, "7f3c", "...", "0"], ids=lambda text: text[:10])
def test_a_valid_request_id_is_kept(single: Service, given: str) -> None:
    """It is in the header, and in the body of a refusal."""
    fine = single.client.get("/api/health", X_Request_ID=given)
    refused = single.client.get("/api/configs/0", X_Request_ID=given)
    assert [given, given] == [answer.headers["x-request-id"] for answer in (fine, refused)]
    assert given == expect_problem(refused, 404, "RECORD_NOT_FOUND")["correlationId"]


@pytest.mark.parametrize(
    "given", ["", "x" * 129, "a b", "a/b", "é", "a,b", "<x>", "a;b", "a:b"], ids=lambda text: text[:10]
)
def test_an_invalid_request_id_is_replaced(single: Service, given: str) -> None:
    """It is new each time, so that log lines cannot be forged."""
    answers = [single.client.get("/api/configs/0", X_Request_ID=given) for _ in range(2)]
    ids = [expect_problem(answer, 404, "RECORD_NOT_FOUND")["correlationId"] for answer in answers]
    assert 2 == len(set(ids))
    assert given not in ids
    assert [] == [request_id for request_id in ids if not re.fullmatch(r"[A-Za-z0-9._-]{1,128}", request_id)]


def test_every_answer_has_a_request_id(both: Service) -> None:
    """Successes, empty answers and all kinds of refusals have one."""
    config = created(both.client, {})
    by_id = f"/api/configs/{config['id']}"
    found = [
        both.client.get("/api/health"),
        both.client.get(by_id),
        both.client.get(by_id, If_None_Match="*"),
        both.client.request("OPTIONS", by_id),
        both.client.request("PATCH", by_id),
        both.client.get("/nowhere"),
        both.client.get(f"/api/configs/{new_mac()}.json"),
        both.client.request("DELETE", by_id),
    ]
    assert len(found) == len({answer.headers["x-request-id"] for answer in found})
