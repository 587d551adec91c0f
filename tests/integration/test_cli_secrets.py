"""`iotconfig secret`: values come from standard input, and no command prints one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.command_line import CommandLine
from tests.support.secrets_keys import KEY, SETTING
from tests.support.socket_service import api_on_socket

VALUE = b"correct horse battery staple"
MAC = "02:00:00:00:00:07"


@pytest.fixture
def keyed(runtime: str, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on a database with a key, and on a service on it."""
    environ = {"DATABASE_URL": sqlite_url, **SETTING}
    if runtime == "database":
        yield CommandLine(environ)
        return
    with api_on_socket(sqlite_url, **SETTING) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


def test_a_secret_is_set_listed_and_removed(keyed: CommandLine) -> None:
    """Nothing that is printed has the value."""
    created = keyed.ok("secret", "set", "wifi-psk", "-m", "new access point", stdin=VALUE + b"\n")
    same = keyed.ok("secret", "set", "wifi-psk", stdin=VALUE)
    listed = keyed.ok("secret", "list")
    removed = keyed.ok("secret", "remove", "wifi-psk")

    assert re.fullmatch(r"Set secret wifi-psk, revision 1, in .*\nchange [0-9a-f]{16}\n", created.text)
    assert same.text.endswith("\nIt had this value already.\n")
    assert ["wifi-psk", "1"] == listed.text.splitlines()[2].split()[:2]
    assert listed.text.splitlines()[-1].startswith("1 secret in ")
    assert re.fullmatch(r"Removed secret wifi-psk, in .*\nchange [0-9a-f]{16}\n", removed.text)
    assert {"secrets": []} == keyed.ok("secret", "list", "--json").json()
    log = keyed.ok("changes", "--json").json()["changes"]
    assert [("delete", None), ("create", "new access point")] == [
        (row["operation"], row["message"]) for row in log
    ]
    for done in (created, same, listed, removed, keyed.ok("changes")):
        assert VALUE.decode() not in done.text + done.errors


def test_the_json_of_a_list(keyed: CommandLine) -> None:
    """It has the members of the API's answer."""
    written = keyed.ok("secret", "set", "wifi-psk", "--json", stdin=VALUE).json()
    keyed.ok("config", "create", MAC, '{"psk": {"$secret": "wifi-psk"}}')

    assert {"name", "revision", "change", "served"} == set(written)
    (secret,) = keyed.ok("secret", "list", "--json").json()["secrets"]
    assert {"name", "revision", "created_at", "updated_at", "used_by"} == set(secret)
    assert {"devices": 1, "sample": [MAC], "layers": []} == secret["used_by"]


def test_another_value_is_served(keyed: CommandLine) -> None:
    """The command says to how many devices."""
    keyed.ok("secret", "set", "wifi-psk", stdin=VALUE)
    keyed.ok("config", "create", MAC, '{"psk": {"$secret": "wifi-psk"}}')

    assert keyed.ok("secret", "set", "wifi-psk", stdin=b"another").text.endswith(
        "\n1 device is served another document\n"
    )
    rows = keyed.ok("changes", "--json").json()["changes"]
    assert [("document", MAC), ("secret", "wifi-psk")] == [(row["kind"], row["subject"]) for row in rows[:2]]


@pytest.mark.parametrize("value", [b"", b"\n", b"\r\n", b"x" * 4097, b"\xff", b"\xe4" * 5000, b"a\0b"])
def test_a_bad_value_is_refused(keyed: CommandLine, value: bytes) -> None:
    """In one line, which does not quote it."""
    done = keyed.run("secret", "set", "wifi-psk", stdin=value)

    assert (1, 1, "") == (done.status, len(done.errors.splitlines()), done.text)
    assert {"secrets": []} == keyed.ok("secret", "list", "--json").json()


def test_a_line_break_at_the_end_is_left_out(keyed: CommandLine) -> None:
    """One of them: the longest value may have one behind it."""
    keyed.ok("secret", "set", "a", stdin=b"x" * 4096 + b"\r\n")
    assert "had this value" in keyed.ok("secret", "set", "a", stdin=b"x" * 4096).text
    keyed.ok("secret", "set", "b", stdin=b"-----\nlines\n-----\n\n")
    assert "had this value" in keyed.ok("secret", "set", "b", stdin=b"-----\nlines\n-----\n\n").text
    assert "revision 2" in keyed.ok("secret", "set", "b", stdin=b"-----\nlines\n-----").text


def test_a_terminal_is_asked_twice(keyed: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two values that differ set nothing."""
    asked: list[str] = []

    def typed(*answers: str) -> None:
        given = iter(answers)

        def ask(question: str) -> str:
            asked.append(question)
            return next(given)

        monkeypatch.setattr("iotconfig.adapters.cli.secrets.ask_secret", ask)

    typed("one", "two")
    done = keyed.at_terminal("secret", "set", "wifi-psk")
    assert (1, "Error: The two values differ: nothing was set.\n") == (done.status, done.errors)
    typed("one", "one")
    assert 0 == keyed.at_terminal("secret", "set", "wifi-psk").status
    assert ["Value of wifi-psk", "Again"] * 2 == asked


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("set", "A"), '"A" is no name of a secret'),
        (("remove", "A"), '"A" is no name of a secret'),
        (("remove", "wifi-psk"), "Secret wifi-psk was not found"),
        (("set", "a", "value"), "unexpected extra argument (value)"),
    ],
)
def test_refusals(keyed: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
    """One line; a value is no argument, which others on the machine could read."""
    done = keyed.run("secret", *arguments, stdin=VALUE)

    assert done.status != 0
    assert sentence in done.errors
    assert 1 == len(done.errors.splitlines())


def test_a_secret_in_use_is_not_removed(keyed: CommandLine) -> None:
    """The refusal names the devices."""
    keyed.ok("secret", "set", "wifi-psk", stdin=VALUE)
    keyed.ok("config", "create", MAC, '{"psk": {"$secret": "wifi-psk"}}')

    done = keyed.run("secret", "remove", "wifi-psk")
    assert 1 == done.status
    assert f"in use, so it was not removed: by 1 device ({MAC})" in done.errors


def _with_keys(database_url: str, keys: str) -> CommandLine:
    return CommandLine({"DATABASE_URL": database_url, "IOTCONFIG_SECRETS_KEY": keys})


def test_the_key_is_changed_in_steps(database_url: str) -> None:
    """The new one before the old one, encrypt again, and the old one is not needed any more."""
    with_old = _with_keys(database_url, KEY)
    with_old.ok("secret", "set", "wifi-psk", stdin=VALUE)
    new = with_old.ok("secret", "new-key").text.strip()

    assert (
        _with_keys(database_url, f"{new},{KEY}")
        .ok("secret", "reencrypt")
        .text.startswith("Encrypted 1 secret with the first key, in ")
    )
    with_new = _with_keys(database_url, new)
    assert "had this value" in with_new.ok("secret", "set", "wifi-psk", stdin=VALUE).text
    refused = with_old.run("secret", "reencrypt")
    assert 1 == refused.status
    assert "IOTCONFIG_SECRETS_KEY has not the key that encrypted it" in refused.errors


def test_a_bad_key_stops_the_command(sqlite_url: str) -> None:
    """The error names the variable, and does not show the key."""
    bad = KEY[:-2]
    done = _with_keys(sqlite_url, f"{KEY},{bad}").run("secret", "list")

    assert 1 == done.status
    assert done.errors.startswith("Error: IOTCONFIG_SECRETS_KEY: expected keys such as")
    assert bad not in done.errors
