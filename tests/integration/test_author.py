"""The author of changes by commands: the login name, a name that is given, or the token of a service."""

from __future__ import annotations

import os
import pwd

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.command_line import CommandLine
from tests.support.socket_service import api_on_socket
from tests.support.tokens import api_token

MAC = "02:00:00:00:00:07"
LOGIN = pwd.getpwuid(os.getuid()).pw_name


def authors(command: CommandLine) -> list[str]:
    """The authors of the history, the newest first."""
    revisions = command.ok("config", "history", MAC, "--json").json()["revisions"]
    return [revision["author"] for revision in revisions]


def test_a_given_author_is_marked(command: CommandLine, runtime: str) -> None:
    """The option goes before the variable; without either it is the login name, or on a service nobody."""
    variable = CommandLine({**command.environ, "IOTCONFIG_AUTHOR": "job 7"})
    command.ok("config", "create", MAC, "{}")
    variable.ok("config", "set", MAC, '{"a": 1}')
    variable.ok("config", "set", MAC, '{"a": 2}', "--author", "Zoë")
    variable.ok("config", "patch", MAC, '{"a": 3}')
    variable.ok("patch", "--all", "--merge", '{"a": 4}', "--author", "100% me")
    command.ok("config", "rollback", MAC, "1", "--author", "back")
    record = f'{{"mac_address": "{MAC}", "content": {{"a": 5}}}}'
    variable.ok("import", "-", "--on-conflict", "replace", stdin=record.encode())
    variable.ok("config", "delete", MAC, "--yes")
    command.ok("config", "restore", MAC, "--author", "ops")

    unsigned = "anonymous" if runtime == "service" else LOGIN
    given = ["ops", "job 7", "job 7", "back", "100% me", "job 7", "Zoë", "job 7"]
    assert [*(f"{name} (unverified)" for name in given), unsigned] == authors(command)


def test_the_token_is_the_author_where_a_service_requires_one(sqlite_url: str) -> None:
    """Whatever the caller claims."""
    with api_on_socket(sqlite_url, IOTCONFIG_AUTH="on") as url:
        token = api_token(sqlite_url, Role.ADMIN, "ci")
        command = CommandLine({"IOTCONFIG_URL": url, "IOTCONFIG_TOKEN": token, "IOTCONFIG_AUTHOR": "boss"})
        command.ok("config", "create", MAC, "{}", "--author", "root")

        assert ["ci"] == authors(command)


@pytest.mark.parametrize("author", ["x" * 255, "a\0b"], ids=["long", "NUL"])
def test_an_author_that_cannot_be_stored(command: CommandLine, author: str) -> None:
    """It is refused, and nothing is stored."""
    ended = command.run("config", "create", MAC, "{}", "--author", author)

    assert (1, True) == (ended.status, "The author must have from 1 to 255 characters" in ended.errors)
    assert 0 == command.ok("config", "list", "--json").json()["count"]
