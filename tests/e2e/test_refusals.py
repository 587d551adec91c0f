"""One refusal of each code over a real socket; tests/http has all the ways that lead to each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from attrs import frozen

from iotconfig.adapters.http.problem_codes import STATUS
from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem, new_mac
from tests.support.http import Client
from tests.support.serving import Serve
from tests.support.tokens import api_token, bearer
from tests.support.wire import exchange, request_bytes

_MERGE = {"Content-Type": "application/merge-patch+json"}


@frozen
class Request:
    """A request with placeholders (`{id}`, `{mac}`, `{gone}`, `{change}`), and whether an administrator sends it."""

    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = {}
    is_signed_in: bool = True


REFUSED = {
    "INVALID_OPERATION": Request("GET", "/api/configs/nonsense.json"),
    "VALIDATION_FAILED": Request("POST", "/api/configs", '{"mac_address": "{mac}", "content": {"n": NaN}}'),
    "AUTHENTICATION_REQUIRED": Request("GET", "/api/configs", is_signed_in=False),
    "AUTHORIZATION_FAILED": Request("DELETE", "/api/configs/{id}", headers={"Origin": "http://evil.example"}),
    "RECORD_NOT_FOUND": Request("GET", "/api/configs/99999999"),
    "ROUTE_NOT_FOUND": Request("GET", "/api/nowhere%ff"),
    "METHOD_NOT_ALLOWED": Request("PATCH", "/api/configs", "{}", _MERGE),
    "RECORD_EXISTS": Request("POST", "/api/configs", '{"mac_address": "{mac}", "content": {}}'),
    "CHANGED_SINCE": Request("POST", "/api/changes/{change}/undo"),
    "RECORD_GONE": Request("GET", "/api/configs/{gone}.json"),
    "LENGTH_REQUIRED": Request("POST", "/api/configs", headers={"Transfer-Encoding": "chunked"}),
    "PRECONDITION_FAILED": Request("PATCH", "/api/configs/{id}", "{}", {**_MERGE, "If-Match": '"9"'}),
    "CONTENT_TOO_LARGE": Request("POST", "/api/configs", headers={"Content-Length": "9999999"}),
    "UNSUPPORTED_MEDIA_TYPE": Request("POST", "/api/configs", "{}", {"Content-Type": "text/plain"}),
    "UNPROCESSABLE": Request("POST", "/api/configs/import", "nonsense"),
    "PRECONDITION_REQUIRED": Request("DELETE", "/api/configs/{id}"),
}

ELSEWHERE = {
    "REQUEST_TIMEOUT", "TOO_MANY_REQUESTS", "INTERNAL_ERROR", "EXTERNAL_SERVICE_ERROR", "STORE_UNAVAILABLE", "STORE_FULL",
}  # fmt: skip
"""Codes that need more than a request: other files get them."""


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A server with one worker that requires tokens and `If-Match`."""
    place = tmp_path_factory.mktemp("refusals")
    shutil.copy(_sqlite_template, place / "configs.db")
    settings = {"IOTCONFIG_AUTH": "on", "IOTCONFIG_REQUIRE_IF_MATCH": "true"}
    with Serve(f"sqlite:///{place / 'configs.db'}", place / "serve.log", workers=1, **settings) as serve:
        yield serve


@pytest.fixture(scope="module")
def admin(serve: Serve) -> dict[str, str]:
    return bearer(api_token(serve.database_url, Role.ADMIN))


@pytest.fixture(scope="module")
def names(serve: Serve, admin: dict[str, str]) -> dict[str, str]:
    """A config, a replaced board, and the id of an outdated change."""
    config, moved = (
        serve.client.send_json(
            "POST", "/api/configs", {"mac_address": new_mac(), "content": {}}, **admin
        ).json()
        for _ in range(2)
    )
    swap = f"/api/configs/{moved['id']}/replace-device"
    done = serve.client.send_json("POST", swap, {"mac_address": new_mac()}, If_Match="*", **admin)
    assert 200 == done.status
    return {
        "{id}": str(config["id"]),
        "{mac}": config["mac_address"],
        "{gone}": moved["mac_address"],
        "{change}": moved["change"],
    }


def _stored(client: Client, admin: Mapping[str, str]) -> object:
    return client.request("GET", "/api/configs", headers=admin).json()


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_is_complete(serve: Serve, admin: dict[str, str], names: dict[str, str], code: str) -> None:
    """It has the status of its code and the documented structure; nothing is stored, and no failure is logged."""
    before = _stored(serve.client, admin)
    request, filled = REFUSED[code], [REFUSED[code].path, REFUSED[code].body]
    for name, value in names.items():
        filled = [text.replace(name, value) for text in filled]
    path, body = filled
    headers = {**(admin if request.is_signed_in else {}), **request.headers}

    answer = exchange(
        serve.client, request_bytes(request.method, path, body.encode(), headers), half_close=True
    )

    expect_problem(answer, STATUS[code], code)
    assert before == _stored(serve.client, admin)
    assert "Traceback" not in serve.output()


def test_each_code_is_tested() -> None:
    """The row is here, or in a named file; a new code needs one."""
    assert STATUS.keys() == REFUSED.keys() ^ ELSEWHERE
    others = [
        path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py") if path != Path(__file__)
    ]
    assert set() == {code for code in ELSEWHERE if not any(f'"{code}"' in text for text in others)}
