"""Authentication through the running service: who is let in, as what, and what they sign."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from falcon import inspect

from iotconfig.adapters.http.access.rules import Access, access_to
from iotconfig.domain.access.principal import Role
from iotconfig.domain.errors import IotConfigError
from iotconfig.entrypoints import wiring
from iotconfig.entrypoints.settings import Settings
from tests.support.api import created, expect_problem, new_mac
from tests.support.crowd import together
from tests.support.http import Answer, Client
from tests.support.postgres import create_database, drop_database
from tests.support.serving import COMMAND, Serve, environment, run_command
from tests.support.tokens import api_token, bearer
from tests.support.waiting import wait_until

_ON: dict[str, Any] = {"IOTCONFIG_AUTH": "on", "IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE": "10000"}


@pytest.fixture(scope="module")
def guarded_sqlite(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A server on SQLite that asks everybody who they are."""
    directory = tmp_path_factory.mktemp("guarded")
    shutil.copy(_sqlite_template, directory / "configs.db")
    with Serve(f"sqlite:///{directory / 'configs.db'}", directory / "serve.log", **_ON) as serve:
        yield serve


@pytest.fixture(scope="module")
def guarded_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgres_base_url: str, _postgres_template: str
) -> Iterator[Serve]:
    """A server on PostgreSQL that asks everybody who they are."""
    name = f"iotconfig_{uuid.uuid4().hex}"
    url = create_database(postgres_base_url, name, _postgres_template)
    with Serve(url, tmp_path_factory.mktemp("guarded") / "serve.log", **_ON) as serve:
        yield serve
    drop_database(postgres_base_url, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def guarded(request: pytest.FixtureRequest) -> Serve:
    """A server on each kind of database that asks everybody who they are."""
    serve: Serve = request.getfixturevalue(f"guarded_{request.param}")
    return serve


def _routes() -> list[tuple[str, str, Access]]:
    """Each method of each route that somebody may call, with a path that its template matches."""
    app = wiring.create_app(Settings(database_url="sqlite:///none.db", auth=True))
    found: list[tuple[str, str, Access]] = []
    for route in inspect.inspect_routes(app):
        for method in (method.method for method in route.methods if not method.internal):
            access = access_to(route.path, method, {"segment": "999999"})
            assert access is not None
            path = route.path.replace("{segment}", "999999").replace("{number}", "1")
            path = path.replace("{mac}", "020000000000").replace("{name}", "nothing.bin")
            if access is not Access.NEVER:
                found.append((method, path, access))
    return found


_CLOSED = [route for route in _routes() if route[2].roles]


def _ask(client: Client, method: str, path: str, token: str | None) -> Answer:
    headers = {"Content-Length": "0", **({} if token is None else bearer(token))}
    return client.request(method, path, headers=headers)


@pytest.mark.parametrize(("method", "path", "access"), _CLOSED)
def test_nobody_gets_in_without_credentials(
    guarded_sqlite: Serve, method: str, path: str, access: Access
) -> None:
    """401 on every route that asks for a role, and how to sign in."""
    answer = _ask(guarded_sqlite.client, method, path, None)

    assert 401 == answer.status, access
    assert 'Bearer realm="iotconfig"' == answer.headers["www-authenticate"]
    if method != "HEAD":
        assert "Sign in first" in expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")["error"]


@pytest.fixture(scope="module")
def of_role(guarded_sqlite: Serve) -> dict[Role, str]:
    """A token of each role."""
    return {role: api_token(guarded_sqlite.database_url, role) for role in Role}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path", "access"), _CLOSED)
def test_a_role_opens_what_it_is_for(
    guarded_sqlite: Serve, of_role: dict[Role, str], role: Role, method: str, path: str, access: Access
) -> None:
    """403 to the others; who is let in gets the route's own answer to this odd request."""
    answer = _ask(guarded_sqlite.client, method, path, of_role[role])

    if role in access.roles:
        assert answer.status not in (401, 403) or access is Access.UPLOAD, answer.body
        assert answer.status < 500
    elif method == "HEAD":
        assert 403 == answer.status
    else:
        assert "it takes the role" in expect_problem(answer, 403, "AUTHORIZATION_FAILED")["error"]


@pytest.mark.parametrize("path", ["/api/health", "/api/configs/02-00-00-00-00-00.json"])
@pytest.mark.parametrize("headers", [{}, bearer("iotc_wrong"), {"Authorization": "Basic Og=="}, bearer("")])
def test_public_routes_ask_nobody(guarded: Serve, path: str, headers: dict[str, str]) -> None:
    """Nor do they look at what is sent along: deployed firmware sends odd things."""
    assert guarded.client.request("GET", path, headers=headers).status in (200, 404)


def test_an_unknown_route_is_no_secret(guarded_sqlite: Serve) -> None:
    """404 and 405 come before the question who asks."""
    expect_problem(guarded_sqlite.client.get("/api/nothing"), 404, "ROUTE_NOT_FOUND")
    answer = guarded_sqlite.client.request("DELETE", "/api/health")
    expect_problem(answer, 405, "METHOD_NOT_ALLOWED")


def test_a_preflight_asks_nobody(guarded_sqlite: Serve) -> None:
    """Browsers send no credentials with it."""
    answer = guarded_sqlite.client.request("OPTIONS", "/api/configs")

    assert 200 == answer.status
    assert "POST" in answer.headers["allow"]


def test_the_name_of_a_token_signs_what_is_made_with_it(guarded: Serve) -> None:
    """Each kind of change, each with the name of who made it."""
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


def test_whole_fleets_are_signed_too(guarded: Serve) -> None:
    """Import and patch."""
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


def test_who_one_is(guarded: Serve) -> None:
    """A token's holder is its name, with its role."""
    token = api_token(guarded.database_url, Role.VIEWER, name := f"me-{uuid.uuid4().hex[:8]}")

    answer = guarded.client.request("GET", "/api/auth/self", headers=bearer(token))

    assert {"subject": name, "email": None, "name": name, "roles": ["viewer"]} == answer.json()
    assert "no-store" == answer.headers["cache-control"]
    expect_problem(guarded.client.get("/api/auth/self"), 401, "AUTHENTICATION_REQUIRED")


def test_without_authentication_everybody_is_the_local_administrator(single: Serve) -> None:
    """And what they do is anonymous, as it was."""
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


def test_a_token_that_is_revoked_is_refused_by_all_workers_at_once(guarded: Serve) -> None:
    """No worker keeps a list of its own."""
    name = f"gone-{uuid.uuid4().hex[:8]}"
    headers = bearer(api_token(guarded.database_url, Role.VIEWER, name))
    assert {200} == {guarded.client.request("GET", "/api/configs", headers=headers).status for _ in range(10)}

    done = run_command("token", "revoke", name, env=environment(guarded.database_url))
    assert 0 == done.returncode, done.stderr

    answers = together(10, lambda _: guarded.client.request("GET", "/api/configs", headers=headers))
    assert {401} == {answer.status for answer in answers}
    assert 'error="invalid_token"' in answers[0].headers["www-authenticate"]


def test_a_token_that_expired_is_refused(guarded: Serve) -> None:
    """By the service's clock."""
    until = datetime.now(UTC) + timedelta(seconds=1)
    headers = bearer(api_token(guarded.database_url, Role.VIEWER, until=until))

    wait_until(
        lambda: guarded.client.request("GET", "/api/configs", headers=headers).status == 401, "it expires"
    )


def test_the_last_use_is_seen(guarded: Serve) -> None:
    """Soon, and behind the request."""
    token = api_token(guarded.database_url, Role.VIEWER, name := f"used-{uuid.uuid4().hex[:8]}")
    guarded.client.request("GET", "/api/configs", headers=bearer(token))

    def is_recorded() -> bool:
        with wiring.open_api_tokens(Settings(database_url=guarded.database_url)) as tokens:
            return any(each.name == name and each.last_used_at is not None for each in tokens.all())

    wait_until(is_recorded, "the use is recorded")


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
def test_credentials_that_do_not_hold(guarded: Serve, header: str) -> None:
    """401, never 500, and never let in."""
    answer = guarded.client.request("GET", "/api/configs", headers={"Authorization": header})

    expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")


def test_a_token_in_the_query_string_is_none(guarded: Serve) -> None:
    """It would stand in logs and histories."""
    token = api_token(guarded.database_url, Role.ADMIN)

    expect_problem(guarded.client.get(f"/api/configs?access_token={token}"), 401, "AUTHENTICATION_REQUIRED")


def test_a_database_that_is_away_lets_nobody_in(
    start_serve: Callable[..., Serve], own_postgres: object, tmp_path: Path
) -> None:
    """503, and not 401: a program must not throw its token away."""
    from tests.support.postgres import PostgresServer

    assert isinstance(own_postgres, PostgresServer)
    assert 0 == run_command("upgrade-db", env=environment(own_postgres.base_url)).returncode
    headers = bearer(api_token(own_postgres.base_url, Role.ADMIN))
    serve = start_serve(own_postgres.base_url, workers=1, IOTCONFIG_DB_POOL_TIMEOUT="0.5", **_ON)
    own_postgres.stop()
    try:
        expect_problem(serve.client.request("GET", "/api/configs", headers=headers), 503, "STORE_UNAVAILABLE")
        assert 401 == serve.client.get("/api/configs").status
    finally:
        own_postgres.start()


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "Authentication is off: whoever reaches this address may change everything"),
        (
            {"IOTCONFIG_AUTH": "on"},
            "Authentication is on, and no API token holds yet. Create one:  iotconfig token create NAME --role admin",
        ),
        (
            {"IOTCONFIG_DEVICE_AUTH": "required"},
            (
                "Device tokens are required, yet whoever reaches this address may read the same by its other routes: "
                "set IOTCONFIG_AUTH=on"
            ),
        ),
        ({"IOTCONFIG_DEVICE_AUTH": "optional"}, "Device tokens are optional: one that is shown must hold"),
        ({}, "assets; uploads are closed (SIGNING_KEY_PATH is not set)"),
    ],
)
def test_serve_says_who_is_let_in(
    start_serve: Callable[..., Serve], sqlite_url: str, environ: dict[str, str], line: str
) -> None:
    """At its start, with the way out where nobody is."""
    serve = start_serve(sqlite_url, workers=1, **environ)

    wait_until(lambda: line in serve.output(), "it says who is let in")


def test_serve_listens_to_other_machines_where_it_asks_who_they_are(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """And answers to any name."""
    api_token(sqlite_url, Role.ADMIN)
    serve = start_serve(sqlite_url, workers=1, arguments=["--host", "0.0.0.0"], IOTCONFIG_AUTH="on")  # noqa: S104 - that is the point

    wait_until(lambda: "Authentication is on: API tokens" in serve.output(), "it says whom it asks")
    port = serve.client.base_url.rpartition(":")[2]
    answer = Client(f"http://127.0.0.1:{port}").request(
        "GET", "/api/health", headers={"Host": "iot.example.org"}
    )
    assert 200 == answer.status


def test_without_authentication_it_still_does_not(sqlite_url: str) -> None:
    """One line, that names both ways out."""
    done = run_command("serve", "--host", "0.0.0.0", "--port", "0", env=environment(sqlite_url))  # noqa: S104

    assert done.returncode != 0
    assert b"set IOTCONFIG_AUTH=on" in done.stderr


def test_a_start_with_certificates_that_are_none_is_refused_in_one_line(sqlite_url: str) -> None:
    """As with every other setting: before any worker makes a traceback of it."""
    oidc = {"OIDC_ENABLED": "true", "OIDC_ISSUER_URL": "https://sso.example.org", "OIDC_CLIENT_ID": "a"}
    done = run_command(
        "serve", "--port", "0", env=environment(sqlite_url, **oidc, IOTCONFIG_OIDC_CA_FILE="/etc/hostname")
    )

    assert done.returncode != 0
    assert b"Error: IOTCONFIG_OIDC_CA_FILE: the file holds no certificates\n" == done.stderr


def test_no_header_moves_a_request_to_another_path(guarded_sqlite: Serve) -> None:
    """Servers take some from proxies: a rule of a proxy about paths would be passed by."""
    answer = guarded_sqlite.client.request("GET", "/api/api/health", headers={"SCRIPT_NAME": "/api"})

    expect_problem(answer, 404, "ROUTE_NOT_FOUND")


@pytest.mark.parametrize("where", ["/dev/full", None])
def test_a_token_that_cannot_be_shown_is_taken_back(sqlite_url: str, where: str | None) -> None:
    """An administrator's token that nobody has, and nobody knows of, must not be."""
    env = environment(sqlite_url)
    mac = new_mac()
    for arguments in (("token", "create", "lost", "--role", "admin"), ("device-token", "create", mac)):
        command = [str(COMMAND), *arguments]
        if where is None:
            command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
        with Path(where or "/dev/null").open("wb") as output:
            done = subprocess.run(command, env=env, stdout=output, stderr=subprocess.PIPE, check=False)
        assert done.returncode != 0
        assert 1 == len(done.stderr.splitlines()), done.stderr

    with wiring.open_api_tokens(Settings(database_url=sqlite_url)) as tokens:
        now = wiring.utc_now()
        assert "active" not in {token.state(now) for token in tokens.all()}
    with wiring.open_device_tokens(Settings(database_url=sqlite_url)) as devices:
        assert [] == list(devices.all())


def test_settings_that_are_refused() -> None:
    """Each names its variable."""
    for variable, value in (
        ("IOTCONFIG_AUTH", "maybe"),
        ("IOTCONFIG_DEVICE_AUTH", "sometimes"),
        ("IOTCONFIG_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("IOTCONFIG_SECRET_KEY", "short"),
        ("IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE", "0"),
    ):
        with pytest.raises(IotConfigError, match=variable):
            Settings.from_environ({variable: value})
