"""Refusals of the routes of history and bulk writes have one structure and no internal details."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import frozen

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service

MERGE = "application/merge-patch+json"
JSON = "application/json"
NDJSON = "application/x-ndjson"


@frozen
class Refused:
    """A request with placeholders `{id}`, `{deleted}`, `{mac}` and `{old}`, and its refusal."""

    status: int
    code: str
    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = {}

    def __str__(self) -> str:
        return f"{self.status} {self.method} {self.path} {self.body[:20]}"


REFUSED = [
    Refused(400, "VALIDATION_FAILED", "GET", "/api/configs/{id}/revisions?limit=0"),
    Refused(400, "VALIDATION_FAILED", "GET", "/api/configs/{id}/revisions?cursor=x"),
    Refused(400, "VALIDATION_FAILED", "GET", "/api/configs/{id}/revisions/1?x=1"),
    Refused(400, "VALIDATION_FAILED", "GET", "/api/configs/{id}/diff?from=x"),
    Refused(400, "VALIDATION_FAILED", "GET", "/api/deleted-configs?cursor=x"),
    Refused(400, "VALIDATION_FAILED", "POST", "/api/configs/{id}/rollback"),
    Refused(400, "VALIDATION_FAILED", "POST", "/api/configs/{id}/rollback", "{}"),
    Refused(400, "VALIDATION_FAILED", "POST", "/api/configs/{id}/rollback?dry_run=x", '{"revision": 1}'),
    Refused(400, "INVALID_OPERATION", "POST", "/api/configs/{id}/replace-device", '{"mac_address": "x"}'),
    Refused(400, "VALIDATION_FAILED", "POST", "/api/deleted-configs/{deleted}/restore", '{"x": 1}'),
    Refused(400, "VALIDATION_FAILED", "PATCH", "/api/configs/{id}", "[]", {"Content-Type": MERGE}),
    Refused(400, "VALIDATION_FAILED", "PATCH", "/api/configs/{id}?x=%0A%22", "{}", {"Content-Type": MERGE}),
    Refused(
        400, "VALIDATION_FAILED", "PATCH", "/api/configs/{id}?message=%00", "{}", {"Content-Type": MERGE}
    ),
    Refused(
        400, "VALIDATION_FAILED", "PATCH", "/api/configs/{id}?message=%ff", "{}", {"Content-Type": MERGE}
    ),
    Refused(
        400,
        "VALIDATION_FAILED",
        "POST",
        "/api/configs/patch",
        '{"match": "{mac}", "merge": {"enableOTA": 1}}',
    ),
    Refused(400, "VALIDATION_FAILED", "POST", "/api/configs/patch", '{"match": "{mac}"}'),
    Refused(400, "VALIDATION_FAILED", "POST", "/api/configs/import?on_conflict=x", "\n"),
    Refused(400, "VALIDATION_FAILED", "POST", "/api/configs/import"),
    Refused(
        403,
        "AUTHORIZATION_FAILED",
        "POST",
        "/api/configs/{id}/rollback",
        "{}",
        {"Origin": "http://evil.example"},
    ),
    Refused(
        403, "AUTHORIZATION_FAILED", "POST", "/api/configs/patch", "{}", {"Origin": "http://evil.example"}
    ),
    Refused(
        403, "AUTHORIZATION_FAILED", "POST", "/api/configs/import", "\n", {"Origin": "http://evil.example"}
    ),
    Refused(
        *(403, "AUTHORIZATION_FAILED", "POST", "/api/deleted-configs/{deleted}/restore"),
        headers={"Origin": "http://evil.example"},
    ),
    Refused(404, "RECORD_NOT_FOUND", "GET", "/api/configs/999999999/revisions"),
    Refused(404, "RECORD_NOT_FOUND", "GET", "/api/configs/{id}/revisions/99"),
    Refused(404, "RECORD_NOT_FOUND", "GET", "/api/configs/{id}/revisions/%3Cscript%3E"),
    Refused(404, "RECORD_NOT_FOUND", "GET", "/api/configs/%22%0A/diff"),
    Refused(404, "RECORD_NOT_FOUND", "GET", "/api/configs/{id}/diff?from=99"),
    Refused(404, "RECORD_NOT_FOUND", "POST", "/api/configs/{id}/rollback", '{"revision": 99}'),
    Refused(404, "RECORD_NOT_FOUND", "POST", "/api/configs/{deleted}/rollback", '{"revision": 1}'),
    Refused(
        404,
        "RECORD_NOT_FOUND",
        "POST",
        "/api/configs/{deleted}/replace-device",
        '{"mac_address": "02ab00000001"}',
    ),
    Refused(404, "RECORD_NOT_FOUND", "PATCH", "/api/configs/{deleted}", "{}", {"Content-Type": MERGE}),
    Refused(404, "RECORD_NOT_FOUND", "POST", "/api/deleted-configs/999999999/restore"),
    Refused(404, "ROUTE_NOT_FOUND", "GET", "/api/configs/{id}/revisions/"),
    Refused(404, "ROUTE_NOT_FOUND", "GET", "/api/configs/{id}/revisions/1/2"),
    Refused(404, "ROUTE_NOT_FOUND", "GET", "/api/configs//revisions"),
    Refused(404, "ROUTE_NOT_FOUND", "POST", "/api/deleted-configs//restore"),
    Refused(404, "ROUTE_NOT_FOUND", "GET", "/api/deleted-configs/{deleted}"),
    Refused(405, "METHOD_NOT_ALLOWED", "GET", "/api/configs/import"),
    Refused(405, "METHOD_NOT_ALLOWED", "POST", "/api/configs/export"),
    Refused(405, "METHOD_NOT_ALLOWED", "DELETE", "/api/configs/{id}/revisions/1"),
    Refused(409, "RECORD_EXISTS", "POST", "/api/configs/{id}/replace-device", '{"mac_address": "{mac}"}'),
    Refused(409, "RECORD_EXISTS", "POST", "/api/deleted-configs/{id}/restore"),
    Refused(410, "RECORD_GONE", "GET", "/api/configs/{old}.json"),
    Refused(411, "LENGTH_REQUIRED", "PATCH", "/api/configs/{id}", "", {"Transfer-Encoding": "chunked"}),
    Refused(411, "LENGTH_REQUIRED", "POST", "/api/configs/patch", "", {"Transfer-Encoding": "chunked"}),
    Refused(411, "LENGTH_REQUIRED", "POST", "/api/configs/import", "", {"Transfer-Encoding": "chunked"}),
    Refused(
        411, "LENGTH_REQUIRED", "POST", "/api/configs/{id}/rollback", "", {"Transfer-Encoding": "chunked"}
    ),
    Refused(
        *(411, "LENGTH_REQUIRED", "POST", "/api/deleted-configs/{deleted}/restore"),
        headers={"Transfer-Encoding": "chunked"},
    ),
    Refused(
        412,
        "PRECONDITION_FAILED",
        "POST",
        "/api/configs/{id}/rollback",
        '{"revision": 1}',
        {"If-Match": '"9"'},
    ),
    Refused(412, "PRECONDITION_FAILED", "PATCH", "/api/configs/{id}", "{}", {"If-Match": '"9"'}),
    Refused(413, "CONTENT_TOO_LARGE", "POST", "/api/configs/patch", "", {"Content-Length": "9999999"}),
    Refused(413, "CONTENT_TOO_LARGE", "POST", "/api/configs/import", "", {"Content-Length": "99999999999"}),
    Refused(413, "CONTENT_TOO_LARGE", "PATCH", "/api/configs/{id}", "", {"Content-Length": "9999999"}),
    Refused(
        415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/api/configs/patch", "{}", {"Content-Type": "text/plain"}
    ),
    Refused(
        415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/api/configs/{id}/rollback", "{}", {"Content-Type": MERGE}
    ),
    Refused(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/api/configs/import", "\n", {"Content-Type": MERGE}),
    Refused(415, "UNSUPPORTED_MEDIA_TYPE", "PATCH", "/api/configs/{id}", "{}", {"Content-Type": JSON}),
    Refused(422, "UNPROCESSABLE", "POST", "/api/configs/import", '<script>"\\', {"Content-Type": NDJSON}),
    Refused(422, "UNPROCESSABLE", "POST", "/api/configs/import", "\0\n\n\x7f", {"Content-Type": JSON}),
    Refused(
        422, "UNPROCESSABLE", "POST", "/api/configs/import", '{"mac_address": "{mac}", "content": {"x": 1}}'
    ),
]


@pytest.fixture(scope="module")
def names(both: Service) -> dict[str, str]:
    """A config, a deleted one, and a replaced board."""
    config, deleted = created(both.client, {"a": 1}), created(both.client, {})
    both.client.request("DELETE", f"/api/configs/{deleted['id']}")
    moved = created(both.client, {})
    swap = {"mac_address": new_mac()}
    both.client.send_json("POST", f"/api/configs/{moved['id']}/replace-device", swap)
    return {
        "{id}": str(config["id"]),
        "{mac}": config["mac_address"],
        "{deleted}": str(deleted["id"]),
        "{old}": moved["mac_address"],
    }


def _filled(text: str, names: Mapping[str, Any]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize("refused", REFUSED, ids=str)
def test_each_refusal_has_the_documented_shape(
    both: Service, names: dict[str, str], refused: Refused
) -> None:
    """The config, the deleted one and the board are unchanged."""
    stored = _stored(both.client, names)
    answer = both.client.request(
        refused.method,
        _filled(refused.path, names),
        _filled(refused.body, names).encode(),
        {"X-Request-ID": "a-walk", **refused.headers},
    )
    problem = expect_problem(answer, refused.status, refused.code)
    assert "a-walk" == problem["correlationId"]
    assert "no-store" == answer.headers["cache-control"]
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert None is json.loads(answer.body).get("traceback")
    assert stored == _stored(both.client, names)


def _stored(client: Caller, names: Mapping[str, str]) -> list[object]:
    """The state of the config, the deleted one and the replaced board."""
    paths = [f"/api/configs/{names[name]}/revisions" for name in ("{id}", "{deleted}")]
    found = [client.get(path).body for path in paths]
    return [*found, client.get(f"/api/configs/{names['{old}']}.json").status]
