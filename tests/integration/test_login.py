"""`iotconfig login` and `logout`: a token is checked, and kept for its owner alone."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.command_line import CommandLine
from tests.support.socket_service import api_on_socket
from tests.support.tokens import api_token


@pytest.fixture
def guarded(sqlite_url: str) -> Iterator[str]:
    """The URL of a service that requires tokens."""
    with api_on_socket(sqlite_url, IOTCONFIG_AUTH="on") as url:
        yield url


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    """The environment of a user without a login."""
    return {"HOME": str(tmp_path / "home")}


def file_of(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"], ".config", "iotconfig", "logins.json")


def test_a_login_is_kept_for_its_owner(guarded: str, sqlite_url: str, environ: Mapping[str, str]) -> None:
    """Commands then work on the service, without a variable; no output has the token."""
    command, token = CommandLine(environ), api_token(sqlite_url, Role.VIEWER, "eye")
    ended = command.ok("login", f"{guarded}/", stdin=f"{token}\n".encode())

    assert f"Logged in as eye (viewer), in {guarded}\n" == ended.text
    assert token not in ended.text + ended.errors
    assert 0o600 == stat.S_IMODE(file_of(environ).stat().st_mode)
    assert 0o700 == stat.S_IMODE(file_of(environ).parent.stat().st_mode)
    assert command.ok("config", "list").text.endswith(f"0 configs in {guarded}\n")
    assert "it requires the role admin" in command.run("token", "list").errors


def test_the_directory_is_the_configured_one(guarded: str, sqlite_url: str, tmp_path: Path) -> None:
    """By the XDG Base Directory Specification."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path), "IOTCONFIG_URL": guarded}
    token = api_token(sqlite_url, Role.ADMIN)
    CommandLine(environ).ok("login", stdin=token.encode())

    kept = json.loads((tmp_path / "xdg" / "iotconfig" / "logins.json").read_text())
    assert {"current": guarded, "tokens": {guarded: token}} == kept
    CommandLine(environ).ok("token", "list")


def test_a_refused_token_is_not_kept(guarded: str, environ: Mapping[str, str]) -> None:
    """Unknown or malformed."""
    command = CommandLine(environ)
    for given, expected in (
        (b"iotc_0123456789ab_secretsecret", f"The service at {guarded} refused the token"),
        (b"with a space", "The token is malformed"),
        (b"", "requires a token: give it on standard input"),
    ):
        ended = command.run("login", guarded, stdin=given)
        assert (1, True) == (ended.status, expected in ended.errors), ended.errors
        assert not given or given.decode() not in ended.errors
    assert not file_of(environ).exists()


def test_a_service_without_authentication_needs_no_token(sqlite_url: str, environ: Mapping[str, str]) -> None:
    """It is not asked for."""
    with api_on_socket(sqlite_url) as url:
        ended = CommandLine(environ).ok("login", url)
        CommandLine(environ).ok("config", "create", "02:00:00:00:00:07", "{}")

    assert f"Logged in as anonymous (admin), in {url}\n" == ended.text


def test_the_environment_goes_before_a_login(
    guarded: str, sqlite_url: str, environ: Mapping[str, str]
) -> None:
    """A database, another service, or another token."""
    CommandLine(environ).ok("login", guarded, stdin=api_token(sqlite_url, Role.ADMIN).encode())

    assert sqlite_url in CommandLine({**environ, "DATABASE_URL": sqlite_url}).ok("config", "list").text
    with api_on_socket(sqlite_url) as other:
        assert other in CommandLine({**environ, "IOTCONFIG_URL": other}).ok("config", "list").text
    viewer = {**environ, "IOTCONFIG_TOKEN": api_token(sqlite_url, Role.VIEWER)}
    assert 1 == CommandLine(viewer).run("token", "list").status


def test_a_logout_forgets_the_token(guarded: str, sqlite_url: str, environ: Mapping[str, str]) -> None:
    """Of the current service, or of the one that is named; a second logout is refused."""
    command = CommandLine(environ)
    command.ok("login", guarded, stdin=api_token(sqlite_url, Role.ADMIN).encode())

    assert f"Logged out, in {guarded}\n" == command.ok("logout").text
    assert {"current": None, "tokens": {}} == json.loads(file_of(environ).read_text())
    for arguments in (["logout"], ["logout", guarded]):
        ended = command.run(*arguments)
        assert (1, "Error: There is no login to forget.\n") == (ended.status, ended.errors)


def test_a_pipe_in_place_of_the_file(environ: Mapping[str, str]) -> None:
    """It is refused, and not waited for."""
    file_of(environ).parent.mkdir(parents=True)
    os.mkfifo(file_of(environ), 0o600)
    ended = CommandLine(environ).run("config", "list")

    assert (1, f"Error: {file_of(environ)} cannot be read: it is not a regular file.\n") == (
        ended.status,
        ended.errors,
    )


@pytest.mark.parametrize(
    ("content", "mode", "expected"),
    [
        ('{"current": null, "tokens": {}}', 0o640, "other users may read it"),
        ("{", 0o600, "is damaged: remove it, and log in again"),
        ("[]", 0o600, "is damaged: remove it, and log in again"),
        ("[" * 200_000, 0o600, "is damaged: remove it, and log in again"),
        ('{"current": 5, "tokens": {}}', 0o600, "is damaged: remove it, and log in again"),
        (
            '{"current": null, "tokens": {"http://127.0.0.1": 5}}',
            0o600,
            "is damaged: remove it, and log in again",
        ),
        (
            '{"current": "http://127.0.0.1", "tokens": {"http://127.0.0.1": "secret\\nsecret"}}',
            0o600,
            "is damaged: remove it, and log in again",
        ),
    ],
)
def test_a_file_that_cannot_be_trusted(
    environ: Mapping[str, str], content: str, mode: int, expected: str
) -> None:
    """It is refused in one sentence."""
    file_of(environ).parent.mkdir(parents=True)
    file_of(environ).write_text(content)
    file_of(environ).chmod(mode)
    ended = CommandLine(environ).run("config", "list")

    assert (1, True) == (ended.status, expected in ended.errors), ended.errors


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["login"], "Name the service"),
        (["login", "iot.example.org"], "URL: expected the URL of a service"),
    ],
)
def test_a_login_needs_a_service(environ: Mapping[str, str], arguments: list[str], expected: str) -> None:
    """In the argument or in IOTCONFIG_URL."""
    ended = CommandLine(environ).run(*arguments)

    assert (1, True) == (ended.status, expected in ended.errors), ended.errors


def test_without_a_home_directory() -> None:
    """There is no place for the file."""
    assert "set HOME or XDG_CONFIG_HOME" in CommandLine({}).run("login", "https://iot.example.org").errors
