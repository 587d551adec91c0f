"""The installed command on a running service, from a shell without a database."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.serving import Serve, run_command
from tests.support.terminal import terminal
from tests.support.tokens import api_token

RECORDS = "".join(
    f'{{"mac_address": "02:00:00:00:{number >> 8:02x}:{number & 255:02x}", "content": {{"n": {number}}}}}\n'
    for number in range(300)
).encode()


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[Serve]:
    """A service that requires tokens."""
    with Serve(sqlite_url, tmp_path / "log", IOTCONFIG_AUTH="on") as serve:
        yield serve


@pytest.fixture
def shell(tmp_path: Path) -> Mapping[str, str]:
    """The environment of another machine."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}


def test_a_walk_from_another_machine(service: Serve, shell: Mapping[str, str]) -> None:
    """Log in at a terminal, which does not show the token; import, change all, look at one, export, log out."""
    url = service.client.base_url
    token = api_token(service.database_url, Role.ADMIN, "laptop")
    with terminal("login", url, env=shell) as shown:
        shown.wait_for(f"API token for {url}")
        shown.type(f"{token}\n")
        assert 0 == shown.end()

    assert f"Logged in as laptop (admin), in {url}" in shown.text
    assert token not in shown.text

    def output(*arguments: str, stdin: bytes = b"") -> str:
        done = run_command(*arguments, env=shell, stdin=stdin)
        assert (0, b"") == (done.returncode, done.stderr), done.stderr
        return done.stdout.decode()

    # More than a worker stores itself.
    assert "300 new, " in output("import", "-", stdin=RECORDS)
    assert "300 changed, " in output("patch", "--all", "--merge", '{"a": 1.10}')
    assert '{"n": 299, "a": 1.10}' == output("config", "show", "02:00:00:00:01:2b", "--content")
    history = output("config", "history", "02:00:00:00:01:2b")
    assert ["laptop", "laptop"] == [line.split()[5] for line in history.splitlines()[2:4]]
    exported = run_command("export", "-", env=shell)
    assert 300 == exported.stdout.count(b'"a": 1.10}')
    assert f"Logged out, in {url}\n" == output("logout")


def test_changes_are_aimed_as_on_a_database(service: Serve, shell: Mapping[str, str]) -> None:
    """Exact selections, and the refusals with the options that settle them."""
    token = api_token(service.database_url, Role.ADMIN, "laptop")
    env = {**shell, "IOTCONFIG_URL": service.client.base_url, "IOTCONFIG_TOKEN": token}
    mac = "02:00:00:00:00:01"

    def outcome(*arguments: str) -> tuple[int, str, str]:
        done = run_command(*arguments, env=env)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    assert (
        0
        == outcome("config", "create", mac, '{"deviceName": "Porch", "mqtt": {"host": "a"}, "gain": 1.10}')[0]
    )
    assert 0 == outcome("config", "patch", mac, "--set", "mqtt.port=1883", "--unset", "gain")[0]
    text = '{"deviceName": "Porch", "mqtt": {"host": "a", "port": 1883}}'
    assert (0, text, "") == outcome("config", "show", mac, "--content")
    assert 0 == outcome("patch", "--where", "mqtt.port=1883.0", "--set", "a=1", "--expect", "1")[0]
    assert 0 == outcome("patch", "--mac", mac, "--name", "Porch", "--set", "a=2")[0]

    status, _, errors = outcome("patch", "--where", "/mqtt/port=1", "--set", "a=3")
    assert (1, True) == (status, errors.endswith("nothing was changed. --allow-empty accepts that.\n"))
    assert 0 == outcome("patch", "--where", "/mqtt/port=1", "--set", "a=3", "--allow-empty")[0]
    status, _, errors = outcome("patch", "--all", "--set", "a=3", "--expect", "2")
    assert (1, True) == (status, "is 1, not 2 as expected" in errors)
    status, _, errors = outcome("patch", "--name", "porch", "--mac", mac, "--set", "a=3")
    assert (1, True) == (status, "porch: Config porch was not found." in errors)
    assert '"a": 2}' in outcome("config", "show", mac, "--content")[1]
