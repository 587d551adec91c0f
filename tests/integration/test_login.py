"""`iotconfig login` and `logout`: a person signs in, or a token is checked; it is kept for its owner alone."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.command_line import CommandLine
from tests.support.identity_provider import DEVICE_AUTHORIZATION, Provider
from tests.support.signing_in import settings_with, with_people
from tests.support.socket_service import api_on_socket
from tests.support.terminal_sign_ins import approve
from tests.support.tokens import api_token

from .test_remote import answering, server


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


@pytest.fixture
def signing_in(sqlite_url: str, provider: Provider) -> Iterator[str]:
    """The URL of a service at which people sign in."""
    with_people(provider)
    with api_on_socket(sqlite_url, **settings_with(provider)) as url:
        yield url


def test_a_person_signs_in(signing_in: str, provider: Provider, environ: Mapping[str, str]) -> None:
    """Page and code are plain lines on standard error; the login has the rights of the person, until it ends."""
    page, command = f"{provider.issuer}/device", CommandLine(environ)
    # The provider of the tests lets a person approve a code before it is shown.
    approve(page, "CODE-1", "vic")
    ended = command.ok("login", signing_in)

    assert f"Logged in as vic (viewer), in {signing_in}, for 5 minutes\n" == ended.text
    assert [
        "To sign in, open this page in a browser on any machine, and enter the code:",
        f"  {page}",
        "  CODE-1",
        "Or open this page, and check that it shows the same code:",
        f"  {page}?user_code=CODE-1",
        "The code is valid for 10 minutes; Ctrl-C gives up.",
    ] == ended.errors.splitlines()
    assert 0o600 == stat.S_IMODE(file_of(environ).stat().st_mode)
    token = json.loads(file_of(environ).read_text())["tokens"][signing_in]
    assert token.startswith("iots_")
    assert token not in ended.text + ended.errors
    assert command.ok("config", "list").text.endswith(f"0 configs in {signing_in}\n")
    assert "vic is not allowed to do this" in command.run("token", "list").errors

    old = {signing_in: f"iots_{provider.token('vic', iat=1, exp=1)}"}
    file_of(environ).write_text(json.dumps({"current": signing_in, "tokens": old}))
    ended = command.run("config", "list")
    assert (1, True) == (
        ended.status,
        ended.errors.startswith(f"Error: Your sign-in at {signing_in} is over: run 'iotconfig login' again."),
    )

    lines = command.ok("logout").text.splitlines()
    assert [f"Logged out, in {signing_in}", f"{signing_in}/api/auth/logout"] == [
        lines[0],
        lines[1].split()[-1],
    ]
    assert {"current": None, "tokens": {}} == json.loads(file_of(environ).read_text())


def test_a_person_refuses(signing_in: str, provider: Provider, environ: Mapping[str, str]) -> None:
    """One sentence, and nothing is kept."""
    approve(f"{provider.issuer}/device", "CODE-1", None)
    ended = CommandLine(environ).run("login", signing_in)

    last = ended.errors.splitlines()[-1]
    assert (1, "Error: The sign-in was refused at the identity provider.") == (ended.status, last)
    assert not file_of(environ).exists()


def test_an_api_token_in_place_of_a_sign_in(
    signing_in: str, sqlite_url: str, provider: Provider, environ: Mapping[str, str]
) -> None:
    """With --token no sign-in begins; where the provider does not offer it, one sentence says how to get a token."""
    command, token = CommandLine(environ), api_token(sqlite_url, Role.VIEWER, "eye").encode()

    ended = command.ok("login", signing_in, "--token", stdin=token)
    assert (f"Logged in as eye (viewer), in {signing_in}\n", "") == (ended.text, ended.errors)
    assert [] == provider.terminals.begun

    provider.answer_with(DEVICE_AUTHORIZATION, {"error": "unauthorized_client"}, 400)
    ended = command.ok("login", signing_in, stdin=token)
    assert f"Logged in as eye (viewer), in {signing_in}\n" == ended.text
    assert (
        "The identity provider does not offer this service the sign-in at a terminal (OAuth's device authorization "
        "grant). Give an API token (--token): 'iotconfig token create NAME --role ROLE' makes one, on the machine of "
        "the service or by an administrator.\n"
    ) == ended.errors


def test_a_sign_in_without_encryption_is_refused(
    environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it begins: a person is not asked to approve what is not used then."""
    refused = {"code": "AUTHENTICATION_REQUIRED", "error": "Sign in first.", "details": {}}
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        answering(401, json.dumps(refused).encode())(request)

    with server(answer) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        ended = CommandLine({**environ, "http_proxy": proxy}).run("login", "http://iot.example.org")

    assert (1, True) == (ended.status, "without encryption: use https" in ended.errors), ended.errors
    assert ["http://iot.example.org/api/auth/self"] == asked
