"""Authentication across processes: several workers, the command line, the start; the rest is in tests/http."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring import clock
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing.simultaneous import together
from tests.support.api import new_mac
from tests.support.http import Client
from tests.support.serving import COMMAND, Serve, environment, run_command
from tests.support.tokens import api_token, bearer
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A server with two workers and authentication."""
    directory = tmp_path_factory.mktemp("guarded")
    shutil.copy(_sqlite_template, directory / "configs.db")
    with Serve(
        f"sqlite:///{directory / 'configs.db'}", directory / "serve.log", workers=2, IOTCONFIG_AUTH="on"
    ) as serve:
        yield serve


def test_a_token_that_is_revoked_is_refused_by_all_workers_at_once(guarded: Serve) -> None:
    """No worker caches tokens."""
    name = f"gone-{uuid.uuid4().hex[:8]}"
    headers = bearer(api_token(guarded.database_url, Role.VIEWER, name))
    assert {200} == {guarded.client.request("GET", "/api/configs", headers=headers).status for _ in range(10)}

    done = run_command("token", "revoke", name, env=environment(guarded.database_url))
    assert 0 == done.returncode, done.stderr

    answers = together(10, lambda _: guarded.client.request("GET", "/api/configs", headers=headers))
    assert {401} == {answer.status for answer in answers}
    assert 'error="invalid_token"' in answers[0].headers["www-authenticate"]


def test_the_last_use_is_recorded(guarded: Serve) -> None:
    """It is written shortly after the request."""
    token = api_token(guarded.database_url, Role.VIEWER, name := f"used-{uuid.uuid4().hex[:8]}")
    guarded.client.request("GET", "/api/configs", headers=bearer(token))

    def is_recorded() -> bool:
        with open_services(Settings.from_environ({"DATABASE_URL": guarded.database_url})) as services:
            return any(
                each.name == name and each.last_used_at is not None for each in services.api_tokens.all()
            )

    wait_until(is_recorded, "the use is recorded")


def test_serve_listens_to_other_machines_with_authentication(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """It accepts any host name."""
    api_token(sqlite_url, Role.ADMIN)
    serve = start_serve(sqlite_url, workers=1, arguments=["--host", "0.0.0.0"], IOTCONFIG_AUTH="on")  # noqa: S104 - that is the point

    wait_until(lambda: "Authentication is on: API tokens" in serve.output(), "it says whom it asks")
    port = serve.client.base_url.rpartition(":")[2]
    answer = Client(f"http://127.0.0.1:{port}").request(
        "GET", "/api/health", headers={"Host": "iot.example.org"}
    )
    assert 200 == answer.status


def test_serve_does_not_listen_to_other_machines_without_authentication(sqlite_url: str) -> None:
    """One line has both remedies."""
    done = run_command("serve", "--host", "0.0.0.0", "--port", "0", env=environment(sqlite_url))  # noqa: S104

    assert done.returncode != 0
    assert b"set IOTCONFIG_AUTH=on" in done.stderr


def test_a_start_with_invalid_certificates_is_refused(sqlite_url: str) -> None:
    """It is one line before any worker starts, not a traceback."""
    oidc = {"OIDC_ENABLED": "true", "OIDC_ISSUER_URL": "https://sso.example.org", "OIDC_CLIENT_ID": "a"}
    done = run_command(
        "serve", "--port", "0", env=environment(sqlite_url, **oidc, IOTCONFIG_OIDC_CA_FILE="/etc/hostname")
    )

    assert done.returncode != 0
    assert b"Error: IOTCONFIG_OIDC_CA_FILE: the file holds no certificates\n" == done.stderr


@pytest.mark.parametrize("where", ["/dev/full", None])
def test_a_token_that_cannot_be_printed_is_revoked(sqlite_url: str, where: str | None) -> None:
    """An unknown administrator's token must not stay valid."""
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
        now = clock.utc_now()
        assert "active" not in {token.state(now) for token in services.api_tokens.all()}
        assert [] == list(services.device_tokens.all())
