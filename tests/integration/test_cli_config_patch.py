"""`iotconfig config patch` changes members of one config; `config set` names those that it removes."""

from __future__ import annotations

import json

import pytest

from tests.support.command_line import CommandLine
from tests.support.tables import contents

MAC = "02:00:00:00:00:01"
TEXT = '{ "deviceName":"Porch" , "gain": 1.10,\n  "mqtt": {"host": "a", "port": 1883}, "pins": [4, 5] }'


@pytest.fixture
def command(sqlite_url: str) -> CommandLine:
    """The command line with one config."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", MAC, TEXT)
    return command


def stored(command: CommandLine) -> str:
    return command.ok("config", "show", MAC, "--content").text


@pytest.mark.parametrize(
    "arguments",
    [
        ['{"mqtt": {"host": "b", "port": null}, "pins": [6]}'],
        ["--set", "mqtt.host=b", "--unset", "mqtt.port", "--set", "pins=[6]"],
        ["--set", "/mqtt/host=b", "--unset", "/mqtt/port", "--set", "/pins=[6]"],
    ],
    ids=["json", "dots", "pointers"],
)
@pytest.mark.parametrize("name", [MAC, "1", "porch"])
def test_other_members_keep_their_bytes(command: CommandLine, name: str, arguments: list[str]) -> None:
    """Named by address, id or name; the change is one revision with its message."""
    ended = command.ok("config", "patch", name, *arguments, "-m", "moved")
    assert ended.text.startswith(f"Patched config 1 of {MAC}, revision 2, in ")
    assert '{ "deviceName":"Porch" , "gain": 1.10,\n  "mqtt": {"host": "b"}, "pins": [6] }' == stored(command)
    newest = json.loads(command.ok("config", "history", "1", "--json").text)["revisions"][0]
    assert ("update", "moved") == (newest["operation"], newest["message"])


def test_a_patch_from_standard_input(command: CommandLine) -> None:
    """`-` reads it there, and `--json` prints the config."""
    ended = command.ok("config", "patch", MAC, "-", "--json", stdin=b'\xef\xbb\xbf{"gain": 2}\n')
    assert 2 == json.loads(ended.text)["content"]["gain"]


def test_a_dry_run(command: CommandLine) -> None:
    """It shows the difference, and stores nothing."""
    before = contents(command.environ["DATABASE_URL"])
    assert (
        '-  "gain": 1.10,\n+  "gain": 2,\n'
        in command.ok("config", "patch", MAC, "--set", "gain=2", "--dry-run").text
    )
    assert before == contents(command.environ["DATABASE_URL"])


@pytest.mark.parametrize(
    ("arguments", "status", "phrase"),
    [
        ([MAC], 2, "--set"),
        ([MAC, "{}", "--set", "a=1"], 2, "--set"),
        ([MAC, "[]"], 1, "object"),
        ([MAC, "{"], 1, "line 1"),
        ([MAC, "--set", "gain=NaN"], 1, "--set gain"),
        ([MAC, "--set", "gain=null"], 1, "--unset"),
        ([MAC, "--set", "pins.0=7"], 1, "array"),
        ([MAC, "--set", "deviceName=7"], 1, "/deviceName"),
        ([MAC, "--set", "gain=2", "--if-revision", "2"], 1, "--if-revision 1"),
        (["02:00:00:00:00:02", "--set", "gain=2"], 1, "not found"),
    ],
)
def test_a_patch_that_is_refused(
    command: CommandLine, arguments: list[str], status: int, phrase: str
) -> None:
    """One line, and nothing is stored."""
    before = contents(command.environ["DATABASE_URL"])
    refused = command.run("config", "patch", *arguments)
    assert (status, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert phrase in refused.errors
    assert before == contents(command.environ["DATABASE_URL"])


@pytest.mark.parametrize("options", [[], ["--create"], ["--yes"]])
def test_set_names_the_members_that_it_removes(command: CommandLine, options: list[str]) -> None:
    """On standard error; without a terminal it does not ask."""
    ended = command.ok("config", "set", MAC, '{"deviceName": "Porch", "mqtt": {"host": "b"}}', *options)
    assert (
        "Removed /gain, /mqtt/port, /pins ('iotconfig config patch' keeps other members).\n" == ended.errors
    )
    assert ended.text.startswith("Set config 1 of ")

    again = command.ok("config", "set", MAC, '{"mqtt": {"host": "c", "x": 1}, "deviceName": null}', *options)
    assert "" == again.errors


def test_many_removed_members_are_counted(command: CommandLine) -> None:
    """Ten are named."""
    command.ok("config", "set", MAC, json.dumps({f"m{number}": number for number in range(12)}))
    assert "/m9 and 2 more (" in command.ok("config", "set", MAC, "{}").errors
