"""Authentication as processes see it: several workers, the command line, the start; the rest is in tests/http."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from iotconfig.entrypoints import wiring
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing.simultaneous import together
from tests.support.api import new_mac
from tests.support.http import Client
from tests.support.serving import COMMAND, Serve, environment, run_command
from tests.support.tokens import api_token, bearer
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A server with two workers that asks everybody who they are."""
    directory = tmp_path_factory.mktemp("guarded")
    shutil.copy(_sqlite_template, directory / "configs.db")
    with Serve(
        f"sqlite:///{directory / 'configs.db'}", directory / "serve.log", workers=2, IOTCONFIG_AUTH="on"
    ) as serve:
        yield serve


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


def test_the_last_use_is_seen(guarded: Serve) -> None:
    """Soon, and behind the request."""
    token = api_token(guarded.database_url, Role.VIEWER, name := f"used-{uuid.uuid4().hex[:8]}")
    guarded.client.request("GET", "/api/configs", headers=bearer(token))

    def is_recorded() -> bool:
        with open_services(Settings.from_environ({"DATABASE_URL": guarded.database_url})) as services:
            return any(
                each.name == name and each.last_used_at is not None for each in services.api_tokens.all()
            )

    wait_until(is_recorded, "the use is recorded")


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

    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        now = wiring.utc_now()
        assert "active" not in {token.state(now) for token in services.api_tokens.all()}
        assert [] == list(services.device_tokens.all())
