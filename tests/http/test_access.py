"""Authentication over HTTP: admission, roles and authors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.domain.access.principal import Role
from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Answer, Caller
from tests.support.in_process import Service, Starter, service_on
from tests.support.paths import path_of
from tests.support.postgres import PostgresServer
from tests.support.tokens import api_token, bearer
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def guarded(on_sqlite: Starter) -> Iterator[Service]:
    """The API with authentication."""
    with on_sqlite(IOTCONFIG_AUTH="on", IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE="10000") as service:
        yield service


def _routes() -> list[tuple[str, str, Access]]:
    """Each method of each route, with a path that its template matches."""
    return [
        (method, path_of(route, segment="999999", mac="020000000000", name="nothing.bin"), access)
        for route in ROUTES
        for method, access in route.rule.access.items()
    ]


_CLOSED = [route for route in _routes() if route[2].roles]


def _ask(client: Caller, method: str, path: str, token: str | None) -> Answer:
    headers = {"Content-Length": "0", **({} if token is None else bearer(token))}
    return client.request(method, path, headers=headers)


@pytest.mark.parametrize(("method", "path", "access"), _CLOSED)
def test_requests_without_credentials_are_refused(
    guarded: Service, method: str, path: str, access: Access
) -> None:
    """Every route with a role answers 401, with the ways to sign in."""
    answer = _ask(guarded.client, method, path, None)

    assert 401 == answer.status, access
    assert 'Bearer realm="iotconfig"' == answer.headers["www-authenticate"]
    if method != "HEAD":
        assert "Sign in first" in expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")["error"]


@pytest.fixture(scope="module")
def token_of(guarded: Service) -> dict[Role, str]:
    """A token of each role."""
    return {role: api_token(guarded.database_url, role) for role in Role}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path", "access"), _CLOSED)
def test_a_role_opens_its_routes(
    guarded: Service, token_of: dict[Role, str], role: Role, method: str, path: str, access: Access
) -> None:
    """Other roles get 403; a sufficient one gets the answer of the route to this odd request."""
    answer = _ask(guarded.client, method, path, token_of[role])

    if role in access.roles:
        # An upload without a signature is 403 to everyone, with another reason.
        assert answer.status not in (401, 403) or access is Access.UPLOAD, answer.body
        assert b"it requires the role" not in answer.body
        assert answer.status < 500
    elif method == "HEAD":
        assert 403 == answer.status
    else:
        assert "it requires the role" in expect_problem(answer, 403, "AUTHORIZATION_FAILED")["error"]


@pytest.mark.parametrize("path", ["/api/health", "/api/configs/02-00-00-00-00-00.json"])
@pytest.mark.parametrize("headers", [{}, bearer("iotc_wrong"), {"Authorization": "Basic Og=="}, bearer("")])
def test_public_routes_ignore_credentials(guarded: Service, path: str, headers: dict[str, str]) -> None:
    """Deployed firmware may send any Authorization header."""
    assert guarded.client.request("GET", path, headers=headers).status in (200, 404)


def test_an_unknown_route_needs_no_credentials(guarded: Service) -> None:
    """404 and 405 precede authentication."""
    expect_problem(guarded.client.get("/api/nothing"), 404, "ROUTE_NOT_FOUND")
    answer = guarded.client.request("DELETE", "/api/health")
    expect_problem(answer, 405, "METHOD_NOT_ALLOWED")


def test_a_preflight_needs_no_credentials(guarded: Service) -> None:
    """Browsers send none with it."""
    answer = guarded.client.request("OPTIONS", "/api/configs")

    assert 200 == answer.status
    assert "POST" in answer.headers["allow"]


def test_the_name_of_a_token_is_the_author(guarded: Service) -> None:
    """Each kind of change has it."""
    client, url = guarded.client, guarded.database_url
    names = [f"n{n}-{uuid.uuid4().hex[:8]}" for n in range(6)]
    by = {name: bearer(api_token(url, Role.ADMIN, name)) for name in names}
    mac = new_mac()

    config = client.send_json(
        "POST", "/api/configs", {"mac_address": mac, "content": {"a": 1}}, **by[names[0]]
    ).json()
    path = f"/api/configs/{config['id']}"
    client.send_json("PUT", path, {"content": {"a": 2}}, **by[names[1]])
    patch = {"Content-Type": "application/merge-patch+json", **by[names[2]]}
    client.request("PATCH", path, b'{"b": 3}', patch)
    client.send_json("POST", f"{path}/rollback", {"revision": 1}, **by[names[3]])
    client.request("DELETE", path, headers=by[names[4]])
    client.request("POST", f"/api/deleted-configs/{config['id']}/restore", headers=by[names[5]])

    history = client.request("GET", f"{path}/revisions", headers=by[names[0]]).json()["revisions"]
    assert names == [revision["author"] for revision in reversed(history)]


def test_bulk_writes_have_an_author(guarded: Service) -> None:
    """Import and patch have the name of the token."""
    name = f"fleet-{uuid.uuid4().hex[:8]}"
    admin = bearer(api_token(guarded.database_url, Role.ADMIN, name))
    mac = new_mac()
    record = f'{{"mac_address": "{mac}", "content": {{"deviceName": "{name}"}}}}'

    guarded.client.request(
        "POST", "/api/configs/import", record.encode(), {"Content-Type": "application/x-ndjson", **admin}
    )
    guarded.client.send_json("POST", "/api/configs/patch", {"match": name, "merge": {"x": 1}}, **admin)

    listed = guarded.client.request("GET", f"/api/configs?q={name}", headers=admin).json()["configs"]
    history = guarded.client.request("GET", f"/api/configs/{listed[0]['id']}/revisions", headers=admin).json()
    assert [name, name] == [revision["author"] for revision in history["revisions"]]


def test_the_identity_of_a_token(guarded: Service) -> None:
    """It has the name and the role of the token."""
    token = api_token(guarded.database_url, Role.VIEWER, name := f"me-{uuid.uuid4().hex[:8]}")

    answer = guarded.client.request("GET", "/api/auth/self", headers=bearer(token))

    assert {"subject": name, "email": None, "name": name, "roles": ["viewer"]} == answer.json()
    assert "no-store" == answer.headers["cache-control"]
    expect_problem(guarded.client.get("/api/auth/self"), 401, "AUTHENTICATION_REQUIRED")


def test_without_authentication_every_caller_is_the_local_administrator(single: Service) -> None:
    """Changes are anonymous."""
    self = single.client.get("/api/auth/self")
    config = created(single.client, {"a": 1})

    assert {
        "subject": "anonymous",
        "email": None,
        "name": "Local administrator",
        "roles": ["admin"],
    } == self.json()
    history = single.client.get(f"/api/configs/{config['id']}/revisions").json()["revisions"]
    assert ["anonymous"] == [revision["author"] for revision in history]


def test_a_token_that_expired_is_refused(guarded: Service) -> None:
    """The service's clock decides."""
    until = datetime.now(UTC) + timedelta(seconds=1)
    headers = bearer(api_token(guarded.database_url, Role.VIEWER, until=until))

    wait_until(
        lambda: guarded.client.request("GET", "/api/configs", headers=headers).status == 401, "it expires"
    )


@pytest.mark.parametrize(
    "header",
    [
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer ",
        "Bearer iotc_",
        "Bearer iotc_000000000000_" + "0" * 64,
        "Bearer iotd_020000000000_" + "0" * 64,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer " + "x" * 4000,
        "Token abc",
        "\xff",
    ],
)
def test_invalid_credentials(guarded: Service, header: str) -> None:
    """They are answered with 401, never with 500 or an admission."""
    answer = guarded.client.request("GET", "/api/configs", headers={"Authorization": header})

    expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")


def test_a_token_in_the_query_string_is_ignored(guarded: Service) -> None:
    """It would appear in logs and histories."""
    token = api_token(guarded.database_url, Role.ADMIN)

    expect_problem(guarded.client.get(f"/api/configs?access_token={token}"), 401, "AUTHENTICATION_REQUIRED")


def test_an_unavailable_database_admits_no_token(own_postgres: PostgresServer) -> None:
    """The answer is 503, not 401, so that a program keeps its token."""
    Migrations(DatabaseUrl.parse(own_postgres.base_url)).upgrade()
    headers = bearer(api_token(own_postgres.base_url, Role.ADMIN))
    with service_on(own_postgres.base_url, IOTCONFIG_AUTH="on", IOTCONFIG_DB_POOL_TIMEOUT="0.5") as service:
        own_postgres.stop()
        answer = service.client.request("GET", "/api/configs", headers=headers)
        expect_problem(answer, 503, "STORE_UNAVAILABLE")
        assert 401 == service.client.get("/api/configs").status
        own_postgres.start()
